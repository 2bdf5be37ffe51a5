#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "torch_tensorrt/core/engine/tactics/aten/list.h"
#include "torch_tensorrt/core/engine/tactics/aten/tactic.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::aten {
namespace {

using network::ActivationType;
using network::DataType;
using network::ElementWiseOperation;

// Threshold where PyTorch's softplus becomes the identity. Its default of 20 would cost double precision some digits.
constexpr double kSoftplusThreshold = 40.0;

struct ActivationRow {
  ActivationType type;
  // Rounds more than once, so half types are computed in fp32.
  bool several_steps;
  void (*out)(at::Tensor& out, const at::Tensor& x, double alpha, double beta);
};

// A bound for integers. Its fraction does not matter, as all elements are whole.
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
  // Engines of format 2 store the factor as a float, which differs from PyTorch's factor in float64.
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
  // Operand dtypes for which PyTorch computes it.
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

namespace {

Decision supports_activation(const network::ILayer& layer) {
  const auto& activation = static_cast<const network::IActivationLayer&>(layer);
  return activation_supported(activation.getActivationType(), layer.getInput(0)->getType());
}

Compute make_activation(Request& request) {
  const auto& layer = request.layer<network::IActivationLayer>();
  return [x = request.input(0), out = request.output(), type = layer.getActivationType(), alpha = layer.getAlpha(),
          beta = layer.getBeta()]() mutable { activation_out(out, x, type, alpha, beta); };
}

}  // namespace

const Row kActivationRow = {"aten.activation", network::LayerType::kACTIVATION, supports_activation, make_activation,
                            /*in_place=*/true};

namespace {

using network::DataType;
using network::UnaryOperation;

enum class Takes { kFloats, kNumbers, kBool };

struct UnaryRow {
  UnaryOperation operation;
  Takes takes;
  void (*out)(at::Tensor& out, const at::Tensor& x);
};

const UnaryRow kUnary[] = {
    {UnaryOperation::kEXP, Takes::kFloats, [](auto& out, auto& x) { at::exp_out(out, x); }},
    {UnaryOperation::kLOG, Takes::kFloats, [](auto& out, auto& x) { at::log_out(out, x); }},
    {UnaryOperation::kSQRT, Takes::kFloats, [](auto& out, auto& x) { at::sqrt_out(out, x); }},
    {UnaryOperation::kRECIP, Takes::kFloats, [](auto& out, auto& x) { at::reciprocal_out(out, x); }},
    {UnaryOperation::kABS, Takes::kNumbers, [](auto& out, auto& x) { at::abs_out(out, x); }},
    {UnaryOperation::kNEG, Takes::kNumbers, [](auto& out, auto& x) { at::neg_out(out, x); }},
    {UnaryOperation::kSIN, Takes::kFloats, [](auto& out, auto& x) { at::sin_out(out, x); }},
    {UnaryOperation::kCOS, Takes::kFloats, [](auto& out, auto& x) { at::cos_out(out, x); }},
    {UnaryOperation::kTAN, Takes::kFloats, [](auto& out, auto& x) { at::tan_out(out, x); }},
    {UnaryOperation::kSINH, Takes::kFloats, [](auto& out, auto& x) { at::sinh_out(out, x); }},
    {UnaryOperation::kCOSH, Takes::kFloats, [](auto& out, auto& x) { at::cosh_out(out, x); }},
    {UnaryOperation::kASIN, Takes::kFloats, [](auto& out, auto& x) { at::asin_out(out, x); }},
    {UnaryOperation::kACOS, Takes::kFloats, [](auto& out, auto& x) { at::acos_out(out, x); }},
    {UnaryOperation::kATAN, Takes::kFloats, [](auto& out, auto& x) { at::atan_out(out, x); }},
    {UnaryOperation::kASINH, Takes::kFloats, [](auto& out, auto& x) { at::asinh_out(out, x); }},
    {UnaryOperation::kACOSH, Takes::kFloats, [](auto& out, auto& x) { at::acosh_out(out, x); }},
    {UnaryOperation::kATANH, Takes::kFloats, [](auto& out, auto& x) { at::atanh_out(out, x); }},
    {UnaryOperation::kCEIL, Takes::kNumbers, [](auto& out, auto& x) { at::ceil_out(out, x); }},
    {UnaryOperation::kFLOOR, Takes::kNumbers, [](auto& out, auto& x) { at::floor_out(out, x); }},
    {UnaryOperation::kERF, Takes::kFloats, [](auto& out, auto& x) { at::erf_out(out, x); }},
    {UnaryOperation::kNOT, Takes::kBool, [](auto& out, auto& x) { at::logical_not_out(out, x); }},
    {UnaryOperation::kSIGN, Takes::kNumbers, [](auto& out, auto& x) { at::sign_out(out, x); }},
    {UnaryOperation::kROUND, Takes::kNumbers, [](auto& out, auto& x) { at::round_out(out, x); }},
    {UnaryOperation::kISINF, Takes::kNumbers, [](auto& out, auto& x) { out.copy_(at::isinf(x)); }},
    {UnaryOperation::kISNAN, Takes::kNumbers, [](auto& out, auto& x) { out.copy_(at::isnan(x)); }},
    {UnaryOperation::kLOG2, Takes::kFloats, [](auto& out, auto& x) { at::log2_out(out, x); }},
    {UnaryOperation::kLOG10, Takes::kFloats, [](auto& out, auto& x) { at::log10_out(out, x); }},
    {UnaryOperation::kLOG1P, Takes::kFloats, [](auto& out, auto& x) { at::log1p_out(out, x); }},
    {UnaryOperation::kEXPM1, Takes::kFloats, [](auto& out, auto& x) { at::expm1_out(out, x); }},
    {UnaryOperation::kEXP2, Takes::kFloats, [](auto& out, auto& x) { at::exp2_out(out, x); }},
    {UnaryOperation::kERFC, Takes::kFloats, [](auto& out, auto& x) { at::erfc_out(out, x); }},
    {UnaryOperation::kTRUNC, Takes::kNumbers, [](auto& out, auto& x) { at::trunc_out(out, x); }},
};

const UnaryRow* find_row(UnaryOperation operation) {
  for (const UnaryRow& row : kUnary) {
    if (row.operation == operation) return &row;
  }
  return nullptr;
}

bool takes_unary(const UnaryRow& row, DataType type) {
  switch (row.takes) {
    case Takes::kFloats:
      return is_arithmetic_float(type);
    case Takes::kNumbers:
      return is_arithmetic(type);
    case Takes::kBool:
      return type == DataType::kBOOL;
  }
  return false;
}

Decision supports_unary(const network::ILayer& layer) {
  const auto operation = static_cast<const network::IUnaryLayer&>(layer).getOperation();
  const DataType type = layer.getInput(0)->getType();
  const UnaryRow* row = find_row(operation);
  if (row != nullptr && takes_unary(*row, type)) return Decision::yes();
  return Decision::no(network::enum_name(operation) + " does not take " + network::enum_name(type));
}

Compute make_unary(Request& request) {
  const UnaryRow* row = find_row(request.layer<network::IUnaryLayer>().getOperation());
  return [x = request.input(0), out = request.output(), row]() mutable { row->out(out, x); };
}

}  // namespace

const Row kUnaryRow = {"aten.unary", network::LayerType::kUNARY, supports_unary, make_unary, /*in_place=*/true};

namespace {

Decision supports_elementwise(const network::ILayer& layer) {
  const auto& elementwise = static_cast<const network::IElementWiseLayer&>(layer);
  return elementwise_supported(elementwise.getOperation(), layer.getInput(0)->getType());
}

Compute make_elementwise(Request& request) {
  const auto operation = request.layer<network::IElementWiseLayer>().getOperation();
  return [a = request.input(0), b = request.input(1), out = request.output(), operation]() mutable {
    elementwise_out(out, a, b, operation);
  };
}

}  // namespace

const Row kElementWiseRow = {"aten.elementwise", network::LayerType::kELEMENTWISE, supports_elementwise,
                             make_elementwise,
                             /*in_place=*/true};

namespace {

Compute make_select(Request& request) {
  return [condition = request.input(0), a = request.input(1), b = request.input(2), out = request.output()]() mutable {
    at::where_out(out, condition, a, b);
  };
}

}  // namespace

const Row kSelectRow = {"aten.select", network::LayerType::kSELECT, any_dtype, make_select};

namespace {

// Sizes with which the weights broadcast to the input.
at::DimVector weight_sizes(const network::IScaleLayer& layer, at::IntArrayRef input) {
  at::DimVector sizes(input.size(), 1);
  switch (layer.getMode()) {
    case network::ScaleMode::kUNIFORM:
      break;
    case network::ScaleMode::kCHANNEL:
      sizes[layer.getChannelAxis()] = input[layer.getChannelAxis()];
      break;
    case network::ScaleMode::kELEMENTWISE:
      for (size_t i = 1; i < input.size(); ++i) sizes[i] = input[i];
      break;
  }
  return sizes;
}

// Loads weights in the dtype that the layer computes in; undefined if there are none.
at::Tensor load(const Request& request, const char* role, const network::Weights& values, at::ScalarType type) {
  if (values.count == 0) return {};
  const auto& layer = request.layer<network::IScaleLayer>();
  return request.weights(role, values, weight_sizes(layer, request.input(0).sizes())).to(type);
}

Compute make_scale(Request& request) {
  const auto& layer = request.layer<network::IScaleLayer>();
  const at::Tensor& x = request.input(0);
  const at::ScalarType type = is_reduced_float(x.scalar_type()) ? at::kFloat : x.scalar_type();
  const at::Tensor scale = load(request, "scale", layer.getScale(), type);
  const at::Tensor shift = load(request, "shift", layer.getShift(), type);
  const at::Tensor power = load(request, "power", layer.getPower(), type);
  const auto apply = [scale, shift, power](at::Tensor& out, const at::Tensor& x) {
    at::Tensor current = x;
    if (scale.defined()) current = at::mul_out(out, current, scale);
    if (shift.defined()) current = at::add_out(out, current, shift);
    if (power.defined()) current = at::pow_out(out, current, power);
    if (current.is_same(x) && !out.is_same(x)) out.copy_(x);
  };
  if (type == x.scalar_type()) {
    return [x, out = request.output(), apply]() mutable { apply(out, x); };
  }
  return [x, out = request.output(), apply]() mutable {
    at::Tensor wide = x.to(at::kFloat);
    apply(wide, wide);
    out.copy_(wide);
  };
}

}  // namespace

const Row kScaleRow = {"aten.scale", network::LayerType::kSCALE, float_input, make_scale, /*in_place=*/true};

}  // namespace torch_tensorrt::engine::aten
