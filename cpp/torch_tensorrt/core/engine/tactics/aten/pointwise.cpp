#include "torch_tensorrt/core/engine/tactics/aten/pointwise.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "torch_tensorrt/core/engine/tactics/aten/tactic.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::aten {
namespace {

using network::ActivationType;
using network::DataType;
using network::ElementWiseOperation;

// Where PyTorch's softplus turns into the identity. Its default of 20 would cost double precision some digits.
constexpr double kSoftplusThreshold = 40.0;

struct ActivationRow {
  ActivationType type;
  // More than one rounding: computed in fp32 for half types.
  bool several_steps;
  void (*out)(at::Tensor& out, const at::Tensor& x, double alpha, double beta);
};

// A bound for integers: what is behind the point never matters, for all elements are whole.
at::Scalar bound_for(double bound, at::ScalarType type) {
  if (at::isFloatingType(type)) return bound;
  double low = -std::pow(2.0, 63);
  double high = std::nextafter(std::pow(2.0, 63), 0.0);
  if (type == at::kInt) low = std::numeric_limits<int32_t>::min(), high = std::numeric_limits<int32_t>::max();
  if (type == at::kShort) low = -32768, high = 32767;
  if (type == at::kChar) low = -128, high = 127;
  if (type == at::kByte) low = 0, high = 255;
  return static_cast<int64_t>(std::trunc(std::clamp(bound, low, high)));
}

void clip(at::Tensor& out, const at::Tensor& x, double alpha, double beta) {
  at::clamp_max_out(out, x, bound_for(beta, x.scalar_type()));
  out.clamp_min_(bound_for(alpha, x.scalar_type()));
}

void softplus(at::Tensor& out, const at::Tensor& x, double alpha, double beta) {
  if (beta == 0.0) {
    out.fill_(alpha * std::log(2.0));
    return;
  }
  at::softplus_out(out, x, beta, kSoftplusThreshold);
  if (alpha * beta != 1.0) out.mul_(alpha * beta);
}

void hard_swish(at::Tensor& out, const at::Tensor& x, double alpha, double beta) {
  // Engines of format 2 have the factor as a float, which float64 tells from PyTorch's.
  const bool is_default =
      alpha == 1.0 / 6.0 || (static_cast<float>(alpha) == 1.0F / 6.0F && x.scalar_type() != at::kDouble);
  if (is_default && beta == 0.5) {
    at::hardswish_out(out, x);
    return;
  }
  at::mul_out(out, x, at::mul(x, alpha).add_(beta).clamp_(0, 1));
}

const ActivationRow kActivations[] = {
    {ActivationType::kRELU, false, [](auto& out, auto& x, double, double) { at::clamp_min_out(out, x, 0); }},
    {ActivationType::kSIGMOID, false, [](auto& out, auto& x, double, double) { at::sigmoid_out(out, x); }},
    {ActivationType::kTANH, false, [](auto& out, auto& x, double, double) { at::tanh_out(out, x); }},
    {ActivationType::kLEAKY_RELU, false,
     [](auto& out, auto& x, double alpha, double) { at::leaky_relu_out(out, x, alpha); }},
    {ActivationType::kELU, false, [](auto& out, auto& x, double alpha, double) { at::elu_out(out, x, alpha); }},
    {ActivationType::kSELU, false,
     [](auto& out, auto& x, double alpha, double beta) { at::elu_out(out, x, alpha, beta); }},
    {ActivationType::kSOFTSIGN, true,
     [](auto& out, auto& x, double, double) { at::div_out(out, x, at::abs(x).add_(1)); }},
    {ActivationType::kSOFTPLUS, true, softplus},
    {ActivationType::kCLIP, false, clip},
    {ActivationType::kHARD_SIGMOID, true,
     [](auto& out, auto& x, double alpha, double beta) { at::clamp_out(out, at::mul(x, alpha).add_(beta), 0, 1); }},
    {ActivationType::kSCALED_TANH, true,
     [](auto& out, auto& x, double alpha, double beta) { at::tanh_out(out, at::mul(x, beta)).mul_(alpha); }},
    {ActivationType::kTHRESHOLDED_RELU, false,
     [](auto& out, auto& x, double alpha, double) { at::threshold_out(out, x, alpha, 0); }},
    {ActivationType::kGELU_ERF, false, [](auto& out, auto& x, double, double) { at::gelu_out(out, x, "none"); }},
    {ActivationType::kGELU_TANH, false, [](auto& out, auto& x, double, double) { at::gelu_out(out, x, "tanh"); }},
    {ActivationType::kSILU, false, [](auto& out, auto& x, double, double) { at::silu_out(out, x); }},
    {ActivationType::kHARD_SWISH, true, hard_swish},
    {ActivationType::kMISH, false, [](auto& out, auto& x, double, double) { at::mish_out(out, x); }},
};

using Binary = void (*)(at::Tensor& out, const at::Tensor& a, const at::Tensor& b);
constexpr uint32_t kFloats = 1;
constexpr uint32_t kIntegers = 2;
constexpr uint32_t kBools = 4;
struct ElementWiseRow {
  ElementWiseOperation operation;
  // Which operand dtypes PyTorch computes it for.
  uint32_t takes;
  Binary out;
};

const ElementWiseRow kElementWise[] = {
    {ElementWiseOperation::kSUM, kFloats | kIntegers | kBools,
     [](auto& out, auto& a, auto& b) { at::add_out(out, a, b); }},
    {ElementWiseOperation::kPROD, kFloats | kIntegers | kBools,
     [](auto& out, auto& a, auto& b) { at::mul_out(out, a, b); }},
    {ElementWiseOperation::kMAX, kFloats | kIntegers | kBools,
     [](auto& out, auto& a, auto& b) { at::maximum_out(out, a, b); }},
    {ElementWiseOperation::kMIN, kFloats | kIntegers | kBools,
     [](auto& out, auto& a, auto& b) { at::minimum_out(out, a, b); }},
    {ElementWiseOperation::kSUB, kFloats | kIntegers, [](auto& out, auto& a, auto& b) { at::sub_out(out, a, b); }},
    {ElementWiseOperation::kDIV, kFloats | kIntegers,
     [](auto& out, auto& a, auto& b) {
       if (at::isFloatingType(out.scalar_type())) {
         at::div_out(out, a, b);
       } else {
         at::div_out(out, a, b, "trunc");
       }
     }},
    {ElementWiseOperation::kPOW, kFloats | kIntegers, [](auto& out, auto& a, auto& b) { at::pow_out(out, a, b); }},
    {ElementWiseOperation::kFLOOR_DIV, kFloats | kIntegers,
     [](auto& out, auto& a, auto& b) { at::div_out(out, a, b, "floor"); }},
    {ElementWiseOperation::kAND, kBools, [](auto& out, auto& a, auto& b) { at::logical_and_out(out, a, b); }},
    {ElementWiseOperation::kOR, kBools, [](auto& out, auto& a, auto& b) { at::logical_or_out(out, a, b); }},
    {ElementWiseOperation::kXOR, kBools, [](auto& out, auto& a, auto& b) { at::logical_xor_out(out, a, b); }},
    {ElementWiseOperation::kEQUAL, kFloats | kIntegers | kBools,
     [](auto& out, auto& a, auto& b) { at::eq_out(out, a, b); }},
    {ElementWiseOperation::kGREATER, kFloats | kIntegers | kBools,
     [](auto& out, auto& a, auto& b) { at::gt_out(out, a, b); }},
    {ElementWiseOperation::kLESS, kFloats | kIntegers | kBools,
     [](auto& out, auto& a, auto& b) { at::lt_out(out, a, b); }},
    {ElementWiseOperation::kATAN2, kFloats, [](auto& out, auto& a, auto& b) { at::atan2_out(out, a, b); }},
    {ElementWiseOperation::kFMOD, kFloats | kIntegers, [](auto& out, auto& a, auto& b) { at::fmod_out(out, a, b); }},
    {ElementWiseOperation::kREMAINDER, kFloats | kIntegers,
     [](auto& out, auto& a, auto& b) { at::remainder_out(out, a, b); }},
    {ElementWiseOperation::kBIT_AND, kIntegers, [](auto& out, auto& a, auto& b) { at::bitwise_and_out(out, a, b); }},
    {ElementWiseOperation::kBIT_OR, kIntegers, [](auto& out, auto& a, auto& b) { at::bitwise_or_out(out, a, b); }},
    {ElementWiseOperation::kBIT_XOR, kIntegers, [](auto& out, auto& a, auto& b) { at::bitwise_xor_out(out, a, b); }},
};

const ActivationRow* find_row(ActivationType type) {
  for (const ActivationRow& row : kActivations) {
    if (row.type == type) return &row;
  }
  return nullptr;
}

const ElementWiseRow* find_row(ElementWiseOperation operation) {
  for (const ElementWiseRow& row : kElementWise) {
    if (row.operation == operation) return &row;
  }
  return nullptr;
}

}  // namespace

void activation_out(at::Tensor& out, const at::Tensor& x, ActivationType type, double alpha, double beta) {
  const ActivationRow* row = find_row(type);
  TORCHTRT_ASSERT(row != nullptr, "activation " << network::enum_name(type));
  if (!row->several_steps || !is_reduced_float(x.scalar_type())) {
    row->out(out, x, alpha, beta);
    return;
  }
  at::Tensor wide = x.to(at::kFloat);
  row->out(wide, wide, alpha, beta);
  out.copy_(wide);
}

Decision activation_supported(ActivationType type, DataType dtype) {
  if (find_row(type) == nullptr) return Decision::no("no activation " + network::enum_name(type));
  if (is_arithmetic_float(dtype)) return Decision::yes();
  const bool whole = type == ActivationType::kRELU || type == ActivationType::kCLIP;
  if (whole && is_arithmetic(dtype)) return Decision::yes();
  return Decision::no(network::enum_name(type) + " does not take " + network::enum_name(dtype));
}

void elementwise_out(at::Tensor& out, const at::Tensor& a, const at::Tensor& b, ElementWiseOperation operation) {
  const ElementWiseRow* row = find_row(operation);
  TORCHTRT_ASSERT(row != nullptr, "operation " << network::enum_name(operation));
  row->out(out, a, b);
}

Decision elementwise_supported(ElementWiseOperation operation, DataType dtype) {
  const ElementWiseRow* row = find_row(operation);
  if (row == nullptr) return Decision::no("no operation " + network::enum_name(operation));
  const uint32_t kind = dtype == DataType::kBOOL ? kBools : is_arithmetic_float(dtype) ? kFloats : kIntegers;
  if ((row->takes & kind) != 0 && (kind == kBools || is_arithmetic(dtype))) return Decision::yes();
  return Decision::no(network::enum_name(operation) + " does not take " + network::enum_name(dtype));
}

}  // namespace torch_tensorrt::engine::aten
