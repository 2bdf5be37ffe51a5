#include "torch_tensorrt/core/backends/tensorrt/translate/blocks.h"
#include "torch_tensorrt/core/backends/tensorrt/translate/logarithms.h"
#include "torch_tensorrt/core/backends/tensorrt/translate/table.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using Ours = network::UnaryOperation;
using Op = trt::UnaryOperation;
using Binary = trt::ElementWiseOperation;

static_assert(static_cast<int32_t>(Ours::kISNAN) == static_cast<int32_t>(Op::kISNAN));
static_assert(static_cast<int32_t>(Ours::kROUND) == static_cast<int32_t>(Op::kROUND));

constexpr double kLn2 = 0.69314718055994530942;
constexpr double kLn10 = 2.30258509299404568402;

trt::ITensor& absolute(Translator& t, trt::ITensor& x) { return unary(t, x, Op::kABS); }

// 2 sinh(x / 2) exp(x / 2), which loses nothing near 0; far from it exp(x) - 1.
trt::ITensor& expm1_of(Translator& t, trt::ITensor& x) {
  trt::ITensor& half = binary(t, Binary::kPROD, x, 0.5);
  trt::ITensor& near =
      binary(t, Binary::kPROD, binary(t, Binary::kPROD, unary(t, half, Op::kSINH), 2.0), unary(t, half, Op::kEXP));
  trt::ITensor& far = binary(t, Binary::kSUB, unary(t, x, Op::kEXP), 1.0);
  return select(t, binary(t, Binary::kLESS, absolute(t, x), 1.0), near, far);
}

trt::ITensor& truncated(Translator& t, trt::ITensor& x) {
  return binary(t, Binary::kPROD, unary(t, x, Op::kSIGN), unary(t, absolute(t, x), Op::kFLOOR));
}

trt::ITensor& negated(Translator& t, trt::ITensor& x) {
  // TensorRT negates floats only.
  return is_float(x.getType()) ? unary(t, x, Op::kNEG) : binary(t, Binary::kSUB, 0.0, x);
}

trt::ITensor& apply(Translator& t, Ours operation, trt::ITensor& x) {
  switch (operation) {
    case Ours::kEXP:
    case Ours::kLOG:
    case Ours::kSQRT:
    case Ours::kRECIP:
    case Ours::kABS:
    case Ours::kSIN:
    case Ours::kCOS:
    case Ours::kTAN:
    case Ours::kSINH:
    case Ours::kCOSH:
    case Ours::kASIN:
    case Ours::kACOS:
    case Ours::kATAN:
    case Ours::kASINH:
    case Ours::kACOSH:
    case Ours::kATANH:
    case Ours::kCEIL:
    case Ours::kFLOOR:
    case Ours::kERF:
    case Ours::kNOT:
    case Ours::kSIGN:
    case Ours::kROUND:
    case Ours::kISINF:
    case Ours::kISNAN:
      return unary(t, x, static_cast<Op>(operation));
    case Ours::kNEG:
      return negated(t, x);
    case Ours::kLOG2:
      return binary(t, Binary::kPROD, unary(t, x, Op::kLOG), 1.0 / kLn2);
    case Ours::kLOG10:
      return binary(t, Binary::kPROD, unary(t, x, Op::kLOG), 1.0 / kLn10);
    case Ours::kLOG1P:
      return log1p_of(t, x);
    case Ours::kEXPM1:
      return expm1_of(t, x);
    case Ours::kEXP2:
      return binary(t, Binary::kPOW, 2.0, x);
    case Ours::kTRUNC:
      return truncated(t, x);
    case Ours::kERFC:
      break;
  }
  TORCHTRT_THROW_ERROR("unary operation " << network::enum_name(operation) << " is not translated");
}

}  // namespace

void translate_unary(Translator& t) {
  const Ours operation = t.layer<network::IUnaryLayer>().getOperation();
  trt::ITensor& x = t.input(0);
  const bool composed = operation >= Ours::kLOG2;
  t.give(composed ? cast(t, apply(t, operation, widened(t, x)), x.getType()) : apply(t, operation, x));
}

}  // namespace torch_tensorrt::backends::tensorrt
