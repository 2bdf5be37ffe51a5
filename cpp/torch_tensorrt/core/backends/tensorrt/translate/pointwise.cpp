#include <algorithm>
#include <cmath>

#include "torch_tensorrt/core/backends/tensorrt/blocks.h"
#include "torch_tensorrt/core/backends/tensorrt/prepare/facts.h"
#include "torch_tensorrt/core/backends/tensorrt/translator.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

// Layers that compute each element from the elements at the same place.
//
// TensorRT does not specify maximum and minimum for NaN: where PyTorch's result is NaN, TensorRT's may be the other
// operand.
namespace torch_tensorrt::backends::tensorrt {
namespace {

using network::ActivationType;
using Ours = network::ElementWiseOperation;
using Op = trt::ElementWiseOperation;
using Unary = trt::UnaryOperation;

static_assert(static_cast<int32_t>(ActivationType::kGELU_TANH) ==
              static_cast<int32_t>(trt::ActivationType::kGELU_TANH));
static_assert(static_cast<int32_t>(Ours::kLESS) == static_cast<int32_t>(Op::kLESS));
static_assert(static_cast<int32_t>(Ours::kFLOOR_DIV) == static_cast<int32_t>(Op::kFLOOR_DIV));

// ---- activations ---------------------------------------------------------------------------------------------------

// TensorRT's activations take floats only.
trt::ITensor& clip_integers(Translator& t, trt::ITensor& x, ActivationType type, double alpha, double beta) {
  if (type == ActivationType::kRELU) return binary(t, Op::kMAX, x, 0.0);
  // The bounds are floats: an integer is above 2.5 if it is at least 3.
  trt::ITensor& low = binary(t, Op::kMAX, x, std::ceil(alpha));
  return binary(t, Op::kMIN, low, std::floor(beta));
}

trt::ITensor& times(Translator& t, trt::ITensor& x, trt::ITensor& factor) { return binary(t, Op::kPROD, x, factor); }

// log(u) * x / (u - 1) with u = 1 + x: the division corrects the rounding of x in u. Far from 0 it is log(u).
trt::ITensor& log1p_of(Translator& t, trt::ITensor& x) {
  trt::ITensor& u = binary(t, Op::kSUM, x, 1.0);
  trt::ITensor& log = unary(t, u, Unary::kLOG);
  trt::ITensor& less = binary(t, Op::kSUB, u, 1.0);
  trt::ITensor& corrected = binary(t, Op::kPROD, log, binary(t, Op::kDIV, x, less));
  trt::ITensor& tiny = binary(t, Op::kEQUAL, less, 0.0);
  trt::ITensor& large = binary(t, Op::kGREATER, x, 1e6);
  trt::ITensor& below = binary(t, Op::kLESS, x, -0.999);
  return select(t, tiny, x, select(t, binary(t, Op::kOR, large, below), log, corrected));
}

// max(y, 0) + log1p(exp(-|y|)) with y = beta * x: TensorRT's own softplus is 0 where PyTorch's result is small.
trt::ITensor& softplus_of(Translator& t, trt::ITensor& x, double alpha, double beta) {
  trt::ITensor& y = beta == 1.0 ? x : binary(t, Op::kPROD, x, beta);
  trt::ITensor& decay = unary(t, unary(t, unary(t, y, Unary::kABS), Unary::kNEG), Unary::kEXP);
  trt::ITensor& sum = binary(t, Op::kSUM, binary(t, Op::kMAX, y, 0.0), log1p_of(t, decay));
  return alpha == 1.0 ? sum : binary(t, Op::kPROD, sum, alpha);
}

}  // namespace

trt::ITensor& apply_activation(Translator& t, trt::ITensor& x, ActivationType type, double alpha, double beta) {
  if (!is_float(x.getType())) return clip_integers(t, x, type, alpha, beta);
  switch (type) {
    case ActivationType::kRELU:
    case ActivationType::kSIGMOID:
    case ActivationType::kTANH:
    case ActivationType::kLEAKY_RELU:
    case ActivationType::kELU:
    case ActivationType::kSELU:
    case ActivationType::kSOFTSIGN:
    case ActivationType::kCLIP:
    case ActivationType::kHARD_SIGMOID:
    case ActivationType::kSCALED_TANH:
    case ActivationType::kTHRESHOLDED_RELU:
    case ActivationType::kGELU_ERF:
    case ActivationType::kGELU_TANH:
      return activation(t, x, static_cast<trt::ActivationType>(type), alpha, beta);
    case ActivationType::kSILU:
      return times(t, x, activation(t, x, trt::ActivationType::kSIGMOID));
    case ActivationType::kHARD_SWISH:
      return times(t, x, activation(t, x, trt::ActivationType::kHARD_SIGMOID, alpha, beta));
    case ActivationType::kSOFTPLUS:
      return softplus_of(t, x, alpha, beta);
    case ActivationType::kMISH:
      return times(t, x, activation(t, softplus_of(t, x, 1.0, 1.0), trt::ActivationType::kTANH));
  }
  TORCHTRT_THROW_ERROR("activation type " << network::enum_name(type) << " is unknown");
}

namespace {

// ---- element-wise --------------------------------------------------------------------------------------------------

trt::ITensor& truncated_quotient(Translator& t, trt::ITensor& a, trt::ITensor& b) {
  trt::ITensor& quotient = binary(t, Op::kDIV, a, b);
  if (!is_float(a.getType())) return quotient;  // integer division truncates already
  return times(t, unary(t, quotient, Unary::kSIGN), unary(t, unary(t, quotient, Unary::kABS), Unary::kFLOOR));
}

// Has the sign of a. For floats the quotient may have been rounded up to the next whole number; the rest then has the
// wrong sign, and one b is added back.
trt::ITensor& fmod_of(Translator& t, trt::ITensor& a, trt::ITensor& b) {
  trt::ITensor& rest = binary(t, Op::kSUB, a, times(t, truncated_quotient(t, a, b), b));
  if (!is_float(a.getType())) return rest;
  trt::ITensor& sign = unary(t, a, Unary::kSIGN);
  trt::ITensor& one = times(t, sign, unary(t, b, Unary::kABS));
  trt::ITensor& overshot = binary(t, Op::kLESS, times(t, rest, sign), 0.0);
  return select(t, overshot, binary(t, Op::kSUM, rest, one), rest);
}

// Has the sign of b: fmod, plus one b if the signs differ.
trt::ITensor& remainder_of(Translator& t, trt::ITensor& a, trt::ITensor& b) {
  trt::ITensor& rest = fmod_of(t, a, b);
  trt::ITensor& signs = times(t, unary(t, rest, Unary::kSIGN), unary(t, b, Unary::kSIGN));
  return select(t, binary(t, Op::kLESS, signs, 0.0), binary(t, Op::kSUM, rest, b), rest);
}

// Computed from the exact remainder, as in PyTorch: 1 // 0.1 is 9 in f32, although 1 / 0.1 rounds to 10.
trt::ITensor& floor_quotient(Translator& t, trt::ITensor& a, trt::ITensor& b) {
  if (!is_float(a.getType())) return binary(t, Op::kFLOOR_DIV, a, b);
  trt::ITensor& whole = binary(t, Op::kDIV, binary(t, Op::kSUB, a, remainder_of(t, a, b)), b);
  trt::ITensor& by_zero = binary(t, Op::kEQUAL, b, 0.0);
  return select(t, by_zero, binary(t, Op::kDIV, a, b), unary(t, whole, Unary::kROUND));
}

// Also true for -0, which only a division distinguishes from 0.
trt::ITensor& is_negative(Translator& t, trt::ITensor& x) {
  trt::ITensor& zero = binary(t, Op::kEQUAL, x, 0.0);
  trt::ITensor& below = binary(t, Op::kLESS, binary(t, Op::kDIV, 1.0, x), 0.0);
  return binary(t, Op::kOR, binary(t, Op::kLESS, x, 0.0), binary(t, Op::kAND, zero, below));
}

// The angle of (x, y). The atan of the quotient covers the right half plane; the left one needs a turn more.
trt::ITensor& angle_of(Translator& t, trt::ITensor& y, trt::ITensor& x) {
  constexpr double kPi = 3.14159265358979323846;
  trt::ITensor& half = unary(t, binary(t, Op::kDIV, y, x), Unary::kATAN);
  trt::ITensor& origin = binary(t, Op::kAND, binary(t, Op::kEQUAL, x, 0.0), binary(t, Op::kEQUAL, y, 0.0));
  trt::ITensor& right = select(t, origin, number(t, 0.0, y), half);
  trt::ITensor& turn = select(t, is_negative(t, y), number(t, -kPi, y), number(t, kPi, y));
  // At x = -0 the sign of the quotient's angle is already inverted, so that adding the turn makes it right.
  return select(t, is_negative(t, x), binary(t, Op::kSUM, right, turn), right);
}

trt::ITensor& integer_power(Translator& t, trt::ITensor& base, trt::ITensor& exponent, int64_t value) {
  // Start with 1 in the dims of the result, for an exponent of 0.
  trt::ITensor* result =
      &binary(t, Op::kSUM, times(t, base, number(t, 0, base)), binary(t, Op::kSUB, exponent, exponent));
  result = &binary(t, Op::kSUM, *result, 1.0);
  for (int64_t i = 0; i < value; ++i) result = &times(t, *result, base);
  return *result;
}

// Compares bools as 0 and 1.
trt::ITensor& comparable(Translator& t, trt::ITensor& x) {
  return x.getType() == trt::DataType::kBOOL ? cast(t, x, trt::DataType::kINT32) : x;
}

// Composes an operation that TensorRT lacks in f32, if the operands are narrower or TensorRT might compute in less: the
// rest of a division is the difference of nearly equal numbers.
trt::ITensor& in_f32(Translator& t, trt::ITensor& a, trt::ITensor& b,
                     trt::ITensor& (*compose)(Translator&, trt::ITensor&, trt::ITensor&)) {
  const Translator::KeepF32 keep(t);
  return cast(t, compose(t, widened(t, a), widened(t, b)), a.getType());
}

}  // namespace

trt::ITensor& apply_elementwise(Translator& t, Ours operation, trt::ITensor& a, trt::ITensor& b,
                                const network::ITensor* second) {
  switch (operation) {
    case Ours::kSUM:
    case Ours::kPROD:
    case Ours::kMAX:
    case Ours::kMIN:
    case Ours::kSUB:
    case Ours::kDIV:
    case Ours::kAND:
    case Ours::kOR:
    case Ours::kXOR:
      return binary(t, static_cast<Op>(operation), a, b);
    case Ours::kEQUAL:
    case Ours::kGREATER:
    case Ours::kLESS:
      return binary(t, static_cast<Op>(operation), comparable(t, a), comparable(t, b));
    case Ours::kPOW:
      if (is_float(a.getType())) return binary(t, Op::kPOW, a, b);
      return integer_power(t, a, b, constant_integer(second).value());
    case Ours::kFLOOR_DIV:
      return in_f32(t, a, b, floor_quotient);
    case Ours::kATAN2:
      return in_f32(t, a, b, angle_of);
    case Ours::kFMOD:
      return in_f32(t, a, b, fmod_of);
    case Ours::kREMAINDER:
      return in_f32(t, a, b, remainder_of);
    case Ours::kBIT_AND:
    case Ours::kBIT_OR:
    case Ours::kBIT_XOR:
      break;
  }
  TORCHTRT_THROW_ERROR("element-wise operation " << network::enum_name(operation) << " is not translated");
}

// ---- layers --------------------------------------------------------------------------------------------------------

void translate_activation(Translator& t) {
  const auto& layer = t.layer<network::IActivationLayer>();
  t.give(apply_activation(t, t.input(0), layer.getActivationType(), layer.getAlpha(), layer.getBeta()));
}

void translate_elementwise(Translator& t) {
  const auto& layer = t.layer<network::IElementWiseLayer>();
  t.give(apply_elementwise(t, layer.getOperation(), t.input(0), t.input(1), layer.getInput(1)));
}

void translate_quantize(Translator& t) {
  const auto& layer = t.layer<network::IQuantizeLayer>();
  trt::ITensor& scale = cast(t, t.input(1), t.input(0).getType());
  auto& quantize = t.added(t.target().addQuantize(t.input(0), scale, trt::DataType::kINT8));
  if (layer.getAxis() >= 0) quantize.setAxis(layer.getAxis());
  t.give(*quantize.getOutput(0));
}

void translate_dequantize(Translator& t) {
  const auto& layer = t.layer<network::IDequantizeLayer>();
  const trt::DataType type = to_trt(layer.getToType());
  auto& dequantize = t.added(t.target().addDequantize(t.input(0), cast(t, t.input(1), type), type));
  if (layer.getAxis() >= 0) dequantize.setAxis(layer.getAxis());
  t.give(*dequantize.getOutput(0));
}

void translate_select(Translator& t) { t.give(select(t, t.input(0), t.input(1), t.input(2))); }

void translate_scale(Translator& t) {
  const auto& layer = t.layer<network::IScaleLayer>();
  trt::ITensor& x = widened(t, t.input(0));
  const trt::Dims input = x.getDimensions();
  trt::Dims dims;
  dims.nbDims = input.nbDims;
  for (int32_t i = 0; i < input.nbDims; ++i) {
    const bool along = layer.getMode() == network::ScaleMode::kCHANNEL ? i == layer.getChannelAxis() : i > 0;
    dims.d[i] = along && layer.getMode() != network::ScaleMode::kUNIFORM ? input.d[i] : 1;
  }
  const auto apply = [&](trt::ITensor& value, Op operation, const network::Weights& weights,
                         const char* role) -> trt::ITensor& {
    if (weights.count == 0) return value;
    trt::ITensor& operand = t.constant(dims, t.borrow(weights, role));
    return binary(t, operation, value, cast(t, operand, x.getType()));
  };
  trt::ITensor& scaled = apply(x, Op::kPROD, layer.getScale(), "scale");
  trt::ITensor& shifted = apply(scaled, Op::kSUM, layer.getShift(), "shift");
  t.give(cast(t, apply(shifted, Op::kPOW, layer.getPower(), "power"), t.input(0).getType()));
}

namespace {

using OurUnary = network::UnaryOperation;

static_assert(static_cast<int32_t>(OurUnary::kISNAN) == static_cast<int32_t>(Unary::kISNAN));
static_assert(static_cast<int32_t>(OurUnary::kROUND) == static_cast<int32_t>(Unary::kROUND));

constexpr double kLn2 = 0.69314718055994530942;
constexpr double kLn10 = 2.30258509299404568402;

trt::ITensor& absolute(Translator& t, trt::ITensor& x) { return unary(t, x, Unary::kABS); }

// 2 sinh(x / 2) exp(x / 2), which is exact near 0; far from 0, exp(x) - 1.
trt::ITensor& expm1_of(Translator& t, trt::ITensor& x) {
  trt::ITensor& half = binary(t, Op::kPROD, x, 0.5);
  trt::ITensor& near =
      binary(t, Op::kPROD, binary(t, Op::kPROD, unary(t, half, Unary::kSINH), 2.0), unary(t, half, Unary::kEXP));
  trt::ITensor& far = binary(t, Op::kSUB, unary(t, x, Unary::kEXP), 1.0);
  return select(t, binary(t, Op::kLESS, absolute(t, x), 1.0), near, far);
}

trt::ITensor& truncated(Translator& t, trt::ITensor& x) {
  return binary(t, Op::kPROD, unary(t, x, Unary::kSIGN), unary(t, absolute(t, x), Unary::kFLOOR));
}

trt::ITensor& negated(Translator& t, trt::ITensor& x) {
  // TensorRT negates only floats.
  return is_float(x.getType()) ? unary(t, x, Unary::kNEG) : binary(t, Op::kSUB, 0.0, x);
}

trt::ITensor& apply(Translator& t, OurUnary operation, trt::ITensor& x) {
  switch (operation) {
    case OurUnary::kEXP:
    case OurUnary::kLOG:
    case OurUnary::kSQRT:
    case OurUnary::kRECIP:
    case OurUnary::kABS:
    case OurUnary::kSIN:
    case OurUnary::kCOS:
    case OurUnary::kTAN:
    case OurUnary::kSINH:
    case OurUnary::kCOSH:
    case OurUnary::kASIN:
    case OurUnary::kACOS:
    case OurUnary::kATAN:
    case OurUnary::kASINH:
    case OurUnary::kACOSH:
    case OurUnary::kATANH:
    case OurUnary::kCEIL:
    case OurUnary::kFLOOR:
    case OurUnary::kERF:
    case OurUnary::kNOT:
    case OurUnary::kSIGN:
    case OurUnary::kROUND:
    case OurUnary::kISINF:
    case OurUnary::kISNAN:
      return unary(t, x, static_cast<Unary>(operation));
    case OurUnary::kNEG:
      return negated(t, x);
    case OurUnary::kLOG2:
      return binary(t, Op::kPROD, unary(t, x, Unary::kLOG), 1.0 / kLn2);
    case OurUnary::kLOG10:
      return binary(t, Op::kPROD, unary(t, x, Unary::kLOG), 1.0 / kLn10);
    case OurUnary::kLOG1P:
      return log1p_of(t, x);
    case OurUnary::kEXPM1:
      return expm1_of(t, x);
    case OurUnary::kEXP2:
      return binary(t, Op::kPOW, 2.0, x);
    case OurUnary::kTRUNC:
      return truncated(t, x);
    case OurUnary::kERFC:
      break;
  }
  TORCHTRT_THROW_ERROR("unary operation " << network::enum_name(operation) << " is not translated");
}

}  // namespace

void translate_unary(Translator& t) {
  const OurUnary operation = t.layer<network::IUnaryLayer>().getOperation();
  trt::ITensor& x = t.input(0);
  const bool composed = operation >= OurUnary::kLOG2;
  t.give(composed ? cast(t, apply(t, operation, widened(t, x)), x.getType()) : apply(t, operation, x));
}

}  // namespace torch_tensorrt::backends::tensorrt
