#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/converters/impl/sizes.h"
#include "torch_tensorrt/core/conversion/pytorch_rules.h"

// Activation functions, and clamps to numbers.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ActivationType;
using nvinfer1::ElementWiseOperation;

// Reads the input of a function that PyTorch defines for floats only.
ITensor* float_input(ConversionCtx* ctx, const torch::jit::Node* n, Var& arg) {
  auto* x = arg.ITensorOrFreeze(ctx);
  TORCHTRT_CHECK(at::isFloatingType(scalar_type(x)),
                 util::node_info(n) << ": the tensor is " << scalar_type(x) << ", must be a float tensor");
  return x;
}

// Functions that return floats for integers.
OpConverter of_any(ActivationType type) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    return finish(ctx, n, apply(ctx, type, as_float(ctx, args[0].ITensorOrFreeze(ctx))));
  };
}

OpConverter fixed(ActivationType type, double alpha = 0, double beta = 0) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    return finish(ctx, n, apply(ctx, type, float_input(ctx, n, args[0]), alpha, beta));
  };
}

// alpha is the argument after the tensor.
OpConverter with_alpha(ActivationType type) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    return finish(ctx, n, apply(ctx, type, float_input(ctx, n, args[0]), args[1].unwrapToScalar().toDouble()));
  };
}

bool relu(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return finish(ctx, n, apply(ctx, ActivationType::kRELU, args[0].ITensorOrFreeze(ctx)));
}

bool gelu(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const auto form = args[1].unwrapToString();
  TORCHTRT_CHECK(form == "none" || form == "tanh",
                 util::node_info(n) << ": approximate is '" << form << "', must be 'none' or 'tanh'");
  const auto type = form == "none" ? ActivationType::kGELU_ERF : ActivationType::kGELU_TANH;
  return finish(ctx, n, apply(ctx, type, float_input(ctx, n, args[0])));
}

// elu(x) = scale * (x > 0 ? x : alpha * (exp(input_scale * x) - 1))
bool elu(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = float_input(ctx, n, args[0]);
  const double alpha = args[1].unwrapToScalar().toDouble();
  const double scale = args[2].unwrapToScalar().toDouble();
  const double input_scale = args[3].unwrapToScalar().toDouble();
  if (input_scale == 1.0) {
    if (scale == 1.0) return finish(ctx, n, apply(ctx, ActivationType::kELU, x, alpha));
    return finish(ctx, n, apply(ctx, ActivationType::kSELU, x, alpha, scale));
  }
  const auto type = scalar_type(x);
  x = cast(ctx, x, wide_type(type));
  const auto times = [&](ITensor* a, double b) { return apply(ctx, ElementWiseOperation::kPROD, a, at::Scalar(b)); };
  auto* negative = times(apply(ctx, nvinfer1::UnaryOperation::kEXPM1, times(x, input_scale)), alpha * scale);
  auto* is_positive = apply(ctx, ElementWiseOperation::kGREATER, x, at::Scalar(0.0));
  return finish(ctx, n, cast(ctx, choose(ctx, is_positive, times(x, scale), negative), type));
}

// celu(x) = x > 0 ? x : alpha * expm1(x / alpha)
bool celu(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = float_input(ctx, n, args[0]);
  const double alpha = args[1].unwrapToScalar().toDouble();
  TORCHTRT_CHECK(alpha != 0.0, util::node_info(n) << ": alpha is 0, must not be 0");
  const auto type = scalar_type(x);
  x = cast(ctx, x, wide_type(type));
  const auto times = [&](ITensor* a, double b) { return apply(ctx, ElementWiseOperation::kPROD, a, at::Scalar(b)); };
  auto* negative = times(apply(ctx, nvinfer1::UnaryOperation::kEXPM1, times(x, 1.0 / alpha)), alpha);
  auto* is_positive = apply(ctx, ElementWiseOperation::kGREATER, x, at::Scalar(0.0));
  return finish(ctx, n, cast(ctx, choose(ctx, is_positive, x, negative), type));
}

bool softplus(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = float_input(ctx, n, args[0]);
  const double beta = args[1].unwrapToScalar().toDouble();
  const double threshold = args[2].unwrapToScalar().toDouble();
  auto* soft = apply(ctx, ActivationType::kSOFTPLUS, x, 1.0 / beta, beta);
  auto* scaled = apply(ctx, ElementWiseOperation::kPROD, cast(ctx, x, wide_type(scalar_type(x))), at::Scalar(beta));
  auto* linear = apply(ctx, ElementWiseOperation::kGREATER, scaled, at::Scalar(threshold));
  return finish(ctx, n, choose(ctx, linear, x, soft));
}

// Whether x <= limit; false for NaN on either side.
ITensor* at_most(ConversionCtx* ctx, ITensor* x, const at::Scalar& limit) {
  return apply(ctx, ElementWiseOperation::kOR, apply(ctx, ElementWiseOperation::kLESS, x, limit),
               apply(ctx, ElementWiseOperation::kEQUAL, x, limit));
}

// threshold(x) = x <= threshold ? value : x
bool threshold(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const auto type = scalar_type(x);
  auto* value = scalar_constant(ctx, args[2].unwrapToScalar(), type);
  auto* replaced = at_most(ctx, cast(ctx, x, wide_type(type)), args[1].unwrapToScalar());
  return finish(ctx, n, choose(ctx, replaced, value, x));
}

// max(x, 0) + weight * min(x, 0); the weight lies along dimension 1.
bool prelu(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = float_input(ctx, n, args[0]);
  auto* weight = args[1].ITensorOrFreeze(ctx);
  const int32_t x_rank = rank(x);
  if (rank(weight) == 1 && x_rank == 0) weight = replace_dims(ctx, weight, 0, 1, {});
  if (rank(weight) == 1 && x_rank > 2) weight = along(ctx, weight, 1, x_rank);
  auto* zero = scalar_constant(ctx, 0.0, scalar_type(x));
  auto* negative = ctx->net->addElementWise(*x, *zero, ElementWiseOperation::kMIN)->getOutput(0);
  auto* scaled = ctx->net->addElementWise(*negative, *weight, ElementWiseOperation::kPROD)->getOutput(0);
  auto* positive = apply(ctx, ActivationType::kRELU, x);
  return finish(ctx, n, ctx->net->addElementWise(*positive, *scaled, ElementWiseOperation::kSUM)->getOutput(0));
}

// The least and the largest number of an integer dtype.
std::pair<int64_t, int64_t> range_of_integers(at::ScalarType type) {
  if (type == at::kByte) return {0, UINT8_MAX};
  if (type == at::kChar) return {INT8_MIN, INT8_MAX};
  if (type == at::kShort) return {INT16_MIN, INT16_MAX};
  if (type == at::kInt) return {INT32_MIN, INT32_MAX};
  return {INT64_MIN, INT64_MAX};
}

// Null for a bound of integers that limits nothing, if this PyTorch takes such bounds.
const at::Scalar* effective(const at::Scalar* bound, at::ScalarType type, bool is_low) {
  if (bound == nullptr || !bound->isIntegral(/*includeBool=*/false) ||
      !at::isIntegralType(type, /*includeBool=*/false)) {
    return bound;
  }
  if (!clamp_takes_bounds_of_any_size()) return bound;
  const int64_t value = bound->toLong();
  const auto [least, most] = range_of_integers(type);
  if (is_low ? value < least : value > most) return nullptr;
  TORCHTRT_CHECK(value >= least && value <= most,
                 "the bound " << value << " of a clamp is outside of the range of " << c10::toString(type));
  return bound;
}

ITensor* clip(ConversionCtx* ctx, ITensor* x, const at::Scalar* low, const at::Scalar* high) {
  const auto type = scalar_type(x);
  low = effective(low, type, /*is_low=*/true);
  high = effective(high, type, /*is_low=*/false);
  const bool is_exact = type == at::kFloat || type == at::kDouble;
  if (low != nullptr && high != nullptr && is_exact && low->toDouble() <= high->toDouble()) {
    return apply(ctx, ActivationType::kCLIP, x, low->toDouble(), high->toDouble());
  }
  // PyTorch applies the upper bound last.
  if (low != nullptr) {
    x = ctx->net->addElementWise(*x, *scalar_constant(ctx, *low, type), ElementWiseOperation::kMAX)->getOutput(0);
  }
  if (high != nullptr) {
    x = ctx->net->addElementWise(*x, *scalar_constant(ctx, *high, type), ElementWiseOperation::kMIN)->getOutput(0);
  }
  return x;
}

// Float bounds make an integer tensor a float tensor; any bound makes a bool tensor a tensor of numbers.
ITensor* promoted_to_bounds(ConversionCtx* ctx, ITensor* x, const at::Scalar* low, const at::Scalar* high) {
  const auto is_float = [](const at::Scalar* bound) { return bound != nullptr && bound->isFloatingPoint(); };
  if (is_float(low) || is_float(high)) return as_float(ctx, x);
  return scalar_type(x) == at::kBool ? cast(ctx, x, at::kLong) : x;
}

// If a bound is NaN, every element becomes NaN.
bool clamp_scalars(ConversionCtx* ctx, const torch::jit::Node* n, Var& arg, const at::Scalar* low,
                   const at::Scalar* high) {
  auto* x = promoted_to_bounds(ctx, arg.ITensorOrFreeze(ctx), low, high);
  const auto is_nan = [](const at::Scalar* bound) { return bound != nullptr && std::isnan(bound->toDouble()); };
  ITensor* out = nullptr;
  if (is_nan(low) || is_nan(high)) {
    out = apply(ctx, ElementWiseOperation::kSUM, x, at::Scalar(std::numeric_limits<double>::quiet_NaN()));
  } else {
    out = clip(ctx, x, low, high);
  }
  return finish(ctx, n, out == x ? ctx->net->addIdentity(*x)->getOutput(0) : out);
}

bool clamp_both(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  at::Scalar low;
  at::Scalar high;
  const bool has_low = !is_none(args[1]);
  const bool has_high = !is_none(args[2]);
  TORCHTRT_CHECK(has_low || has_high, util::node_info(n) << ": min and max are None, one of them must be a number");
  if (has_low) low = args[1].unwrapToScalar();
  if (has_high) high = args[2].unwrapToScalar();
  const auto is_nan = [](const at::Scalar& bound) { return std::isnan(bound.toDouble()); };
  if (has_low != has_high && is_nan(has_low ? low : high) && !clamp_gives_nan_for_one_bound()) {
    return finish(ctx, n, identity(ctx, promoted_to_bounds(ctx, args[0].ITensorOrFreeze(ctx), &low, &high)));
  }
  return clamp_scalars(ctx, n, args[0], has_low ? &low : nullptr, has_high ? &high : nullptr);
}

bool hardtanh(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const auto type = scalar_type(x);
  TORCHTRT_CHECK(type != at::kBool, util::node_info(n) << ": hardtanh of bool is not defined");
  // The bounds do not promote the dtype; for integers they lose their fraction.
  const auto bound = [&](Var& arg) {
    const at::Scalar given = arg.unwrapToScalar();
    return at::isFloatingType(type) ? given : at::Scalar(given.toLong());
  };
  const at::Scalar low = bound(args[1]);
  const at::Scalar high = bound(args[2]);
  TORCHTRT_CHECK(type != at::kByte || clamp_takes_bounds_of_any_size() || (low.toDouble() >= 0 && high.toDouble() >= 0),
                 util::node_info(n) << ": bounds of uint8 must not be negative");
  return finish(ctx, n, clip(ctx, x, &low, &high));
}

bool relu6(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const at::Scalar low = 0;
  const at::Scalar high = 6;
  return finish(ctx, n, clip(ctx, args[0].ITensorOrFreeze(ctx), &low, &high));
}

bool clamp_min(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const at::Scalar low = args[1].unwrapToScalar();
  return clamp_scalars(ctx, n, args[0], &low, nullptr);
}

bool clamp_max(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  const at::Scalar high = args[1].unwrapToScalar();
  return clamp_scalars(ctx, n, args[0], nullptr, &high);
}

// -softplus(-x)
bool log_sigmoid(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* negative = apply(ctx, nvinfer1::UnaryOperation::kNEG, float_input(ctx, n, args[0]));
  auto* soft = apply(ctx, ActivationType::kSOFTPLUS, negative, 1.0, 1.0);
  return finish(ctx, n, apply(ctx, nvinfer1::UnaryOperation::kNEG, soft));
}

// The first half along the dimension times the sigmoid of the second half.
bool glu(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = float_input(ctx, n, args[0]);
  const int32_t dim = existing_dim(n, args[1].unwrapToInt(), rank(x));
  const Size size = size_of(ctx, x, dim);
  TORCHTRT_CHECK(size.value % 2 == 0, util::node_info(n)
                                          << ": dimension " << dim << " has size " << size.value << ", must be even");
  const Size half = divided(ctx, size, 2);
  const auto type = scalar_type(x);
  x = cast(ctx, x, wide_type(type));
  auto* gate = apply(ctx, ActivationType::kSIGMOID, slice_sizes(ctx, x, dim, half, half));
  auto* out = apply(ctx, ElementWiseOperation::kPROD, slice_sizes(ctx, x, dim, 0, half), gate);
  return finish(ctx, n, cast(ctx, out, type));
}

// 0 from -lambda to lambda, x elsewhere (also for NaN).
bool hardshrink(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = float_input(ctx, n, args[0]);
  auto* size = apply(ctx, nvinfer1::UnaryOperation::kABS, x);
  const double lambda = args[1].unwrapToScalar().toDouble();
  auto* inside = at_most(ctx, size, at::Scalar(lambda));
  return finish(ctx, n, choose(ctx, inside, scalar_constant(ctx, 0.0, scalar_type(x)), x));
}

// Moves x toward 0 by lambda, but not past 0: x - clip(x, -lambda, lambda).
bool softshrink(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = float_input(ctx, n, args[0]);
  const auto type = scalar_type(x);
  const at::Scalar given = args[1].unwrapToScalar();
  const bool rounds = softshrink_rounds_lambda() && type != at::kDouble;
  const double lambda = rounds ? at::scalar_tensor(given, type).item<double>() : given.toDouble();
  TORCHTRT_CHECK(lambda >= 0, util::node_info(n) << ": lambda is " << lambda << ", must be 0 or more");
  x = cast(ctx, x, wide_type(type));
  auto* inside = apply(ctx, ElementWiseOperation::kMIN, apply(ctx, ElementWiseOperation::kMAX, x, at::Scalar(-lambda)),
                       at::Scalar(lambda));
  return finish(ctx, n, cast(ctx, apply(ctx, ElementWiseOperation::kSUB, x, inside), type));
}

// In evaluation mode the slope is the mean of its bounds.
bool rrelu(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  TORCHTRT_CHECK(!args[3].unwrapToBool(), util::node_info(n) << ": training is true; call eval() on the module first");
  const double slope = (args[1].unwrapToScalar().toDouble() + args[2].unwrapToScalar().toDouble()) / 2;
  return finish(ctx, n, apply(ctx, ActivationType::kLEAKY_RELU, float_input(ctx, n, args[0]), slope));
}

constexpr double kSeluAlpha = 1.6732632423543772848170429916717;  // torch.nn.SELU
constexpr double kSeluScale = 1.0507009873554804934193349852946;

}  // namespace

Family activation_family() {
  return {
      {"aten::relu", relu},
      {"aten::relu6", relu6},
      {"aten::hardtanh", hardtanh},
      {"aten::clamp", clamp_both},
      {"aten::clip", clamp_both},
      {"aten::clamp_min", clamp_min},
      {"aten::clamp_max", clamp_max},
      {"aten::sigmoid", of_any(ActivationType::kSIGMOID)},
      {"aten::tanh", of_any(ActivationType::kTANH)},
      {"aten::silu", fixed(ActivationType::kSILU)},
      {"aten::mish", fixed(ActivationType::kMISH)},
      {"aten::hardsigmoid", fixed(ActivationType::kHARD_SIGMOID, 1.0 / 6.0, 0.5)},
      {"aten::hardswish", fixed(ActivationType::kHARD_SWISH, 1.0 / 6.0, 0.5)},
      {"aten::selu", fixed(ActivationType::kSELU, kSeluAlpha, kSeluScale)},
      {"aten::leaky_relu", with_alpha(ActivationType::kLEAKY_RELU)},
      {"aten::gelu", gelu},
      {"aten::elu", elu},
      {"aten::celu", celu},
      {"aten::softplus", softplus},
      {"aten::threshold", threshold},
      {"aten::prelu", prelu},
      {"aten::softsign", fixed(ActivationType::kSOFTSIGN)},
      {"aten::log_sigmoid", log_sigmoid},
      {"aten::glu", glu},
      {"aten::hardshrink", hardshrink},
      {"aten::softshrink", softshrink},
      {"aten::rrelu", rrelu},
      {"aten::rrelu_with_noise_functional", arranged(rrelu, {0, 2, 3, 4, 5})},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
