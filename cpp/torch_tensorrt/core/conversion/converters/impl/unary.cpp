#include <cmath>
#include <limits>

#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/util/jit_in_place.h"

// Operators on each element of one tensor: functions, casts and copies.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ElementWiseOperation;
using nvinfer1::UnaryOperation;

// Functions that return a float for an integer.
OpConverter of_float(UnaryOperation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = as_float(ctx, args[0].ITensorOrFreeze(ctx));
    return finish(ctx, n, ctx->net->addUnary(*x, operation)->getOutput(0));
  };
}

// Functions that keep the dtype. Some of them are the identity on integers.
OpConverter keeping(UnaryOperation operation, bool identity_on_integers = false) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = args[0].ITensorOrFreeze(ctx);
    TORCHTRT_CHECK(scalar_type(x) != at::kBool, util::node_info(n)
                                                    << ": the tensor is Bool, must be a tensor of numbers");
    if (identity_on_integers && !at::isFloatingType(scalar_type(x))) {
      return finish(ctx, n, ctx->net->addIdentity(*x)->getOutput(0));
    }
    return finish(ctx, n, ctx->net->addUnary(*x, operation)->getOutput(0));
  };
}

// PyTorch computes x to the power of 2, which makes an integer of a bool.
bool square(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  if (scalar_type(x) == at::kBool) x = cast(ctx, x, at::kLong);
  return finish(ctx, n, apply(ctx, ElementWiseOperation::kPROD, x, x));
}

// The sign of a bool is the bool.
bool sign(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  return finish(ctx, n, scalar_type(x) == at::kBool ? identity(ctx, x) : apply(ctx, UnaryOperation::kSIGN, x));
}

bool rsqrt(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = as_float(ctx, args[0].ITensorOrFreeze(ctx));
  auto* root = ctx->net->addUnary(*x, UnaryOperation::kSQRT)->getOutput(0);
  return finish(ctx, n, ctx->net->addUnary(*root, UnaryOperation::kRECIP)->getOutput(0));
}

bool logical_not(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = cast(ctx, args[0].ITensorOrFreeze(ctx), at::kBool);
  return finish(ctx, n, ctx->net->addUnary(*x, UnaryOperation::kNOT)->getOutput(0));
}

// ~x for a bool, -x - 1 for an integer.
bool bitwise_not(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const auto type = scalar_type(x);
  if (type == at::kBool) return finish(ctx, n, ctx->net->addUnary(*x, UnaryOperation::kNOT)->getOutput(0));
  TORCHTRT_CHECK(at::isIntegralType(type, /*includeBool=*/false),
                 util::node_info(n) << ": dtype is " << type << ", must be bool or an integer");
  auto* minus_one = scalar_constant(ctx, -1, type);
  return finish(ctx, n, ctx->net->addElementWise(*minus_one, *x, ElementWiseOperation::kSUB)->getOutput(0));
}

bool is_nan_or_inf(ConversionCtx* ctx, const torch::jit::Node* n, args& args, UnaryOperation operation) {
  auto* x = as_float(ctx, args[0].ITensorOrFreeze(ctx));
  return finish(ctx, n, ctx->net->addUnary(*x, operation)->getOutput(0));
}

bool is_nan(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return is_nan_or_inf(ctx, n, args, UnaryOperation::kISNAN);
}

bool is_inf(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return is_nan_or_inf(ctx, n, args, UnaryOperation::kISINF);
}

// Whether x is neither infinite nor NaN; always true for integers.
bool is_finite(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = as_float(ctx, args[0].ITensorOrFreeze(ctx));
  auto* not_finite = apply(ctx, ElementWiseOperation::kOR, apply(ctx, UnaryOperation::kISINF, x),
                           apply(ctx, UnaryOperation::kISNAN, x));
  return finish(ctx, n, apply(ctx, UnaryOperation::kNOT, not_finite));
}

// Whether x is infinite and has this sign.
OpConverter is_inf_of_sign(ElementWiseOperation comparison) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = as_float(ctx, args[0].ITensorOrFreeze(ctx));
    auto* has_sign = apply(ctx, comparison, x, at::Scalar(0.0));
    return finish(ctx, n, apply(ctx, ElementWiseOperation::kAND, apply(ctx, UnaryOperation::kISINF, x), has_sign));
  };
}

// x - trunc(x)
bool fraction(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  return finish(ctx, n, apply(ctx, ElementWiseOperation::kSUB, x, apply(ctx, UnaryOperation::kTRUNC, x)));
}

// round(x * 10^d) / 10^d, as PyTorch computes it; for d < 0, divides first.
bool round_decimals(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int64_t decimals = args[1].unwrapToInt();
  TORCHTRT_CHECK(at::isFloatingType(scalar_type(x)),
                 util::node_info(n) << ": the tensor is " << scalar_type(x) << ", must be a float tensor");
  const double power = std::pow(10.0, static_cast<double>(std::abs(decimals)));
  const auto before = decimals >= 0 ? ElementWiseOperation::kPROD : ElementWiseOperation::kDIV;
  const auto after = decimals >= 0 ? ElementWiseOperation::kDIV : ElementWiseOperation::kPROD;
  const auto type = scalar_type(x);
  x = cast(ctx, x, wide_type(type));
  auto* rounded = apply(ctx, UnaryOperation::kROUND, apply(ctx, before, x, at::Scalar(power)));
  return finish(ctx, n, cast(ctx, apply(ctx, after, rounded, at::Scalar(power)), type));
}

// Replaces NaN, infinity and minus infinity; by default with 0 and the largest numbers of the dtype.
bool nan_to_num(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const auto type = scalar_type(x);
  if (!at::isFloatingType(type)) return finish(ctx, n, identity(ctx, x));
  const auto given_or = [&](size_t i, double value) {
    return is_none(args[i]) ? value : args[i].unwrapToScalar().toDouble();
  };
  double largest = std::numeric_limits<double>::max();
  if (type == at::kFloat) largest = std::numeric_limits<float>::max();
  if (type == at::kHalf) largest = std::numeric_limits<c10::Half>::max();
  if (type == at::kBFloat16) largest = std::numeric_limits<c10::BFloat16>::max();
  const auto constant = [&](double value) { return scalar_constant(ctx, value, type); };
  auto* infinite = apply(ctx, UnaryOperation::kISINF, x);
  auto* positive = apply(ctx, ElementWiseOperation::kGREATER, x, at::Scalar(0.0));
  auto* ends = choose(ctx, positive, constant(given_or(2, largest)), constant(given_or(3, -largest)));
  auto* finite = choose(ctx, infinite, ends, x);
  return finish(ctx, n, choose(ctx, apply(ctx, UnaryOperation::kISNAN, x), constant(given_or(1, 0.0)), finite));
}

// log(x / (1 - x)), with x first clamped to eps, then to 1 - eps. A NaN limit has no effect.
bool logit(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = as_float(ctx, args[0].ITensorOrFreeze(ctx));
  const double eps = is_none(args[1]) ? std::nan("") : args[1].unwrapToScalar().toDouble();
  if (!std::isnan(eps)) {
    auto* below = apply(ctx, ElementWiseOperation::kLESS, x, at::Scalar(eps));
    auto* limited = apply(ctx, ElementWiseOperation::kMIN, x, at::Scalar(1.0 - eps));
    x = choose(ctx, below, scalar_constant(ctx, eps, scalar_type(x)), limited);
  }
  auto* rest = apply(ctx, ElementWiseOperation::kSUB, scalar_constant(ctx, 1.0, scalar_type(x)), x);
  return finish(ctx, n, apply(ctx, UnaryOperation::kLOG, apply(ctx, ElementWiseOperation::kDIV, x, rest)));
}

OpConverter times(double factor) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = as_float(ctx, args[0].ITensorOrFreeze(ctx));
    const auto type = scalar_type(x);  // the factor would round too
    auto* out = apply(ctx, ElementWiseOperation::kPROD, cast(ctx, x, wide_type(type)), at::Scalar(factor));
    return finish(ctx, n, cast(ctx, out, type));
  };
}

// ---- the same elements, perhaps in another dtype -------------------------------------------------------------------

bool convert(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* input, at::ScalarType type) {
  auto* out = cast(ctx, input, type);
  return finish(ctx, n, out == input ? ctx->net->addIdentity(*input)->getOutput(0) : out);
}

// The dtype is the argument at `place`; None keeps the tensor's dtype. Ignores devices and memory formats, which do not
// affect values: an engine has one device.
OpConverter to_dtype(size_t place) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* input = args[0].ITensorOrFreeze(ctx);
    return convert(ctx, n, input, optional_dtype(args[place]).value_or(scalar_type(input)));
  };
}

bool to_other(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* input = args[0].ITensorOrFreeze(ctx);
  return convert(ctx, n, input, scalar_type(args[1].ITensorOrFreeze(ctx)));
}

bool unchanged(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return finish(ctx, n, ctx->net->addIdentity(*args[0].ITensorOrFreeze(ctx))->getOutput(0));
}

// The dtype of a tensor argument; avoids making a known tensor a constant of the network.
at::ScalarType dtype_of(const Var& arg) {
  return arg.isITensor() ? scalar_type(arg.ITensor()) : arg.IValue()->toTensor().scalar_type();
}

std::vector<int64_t> sizes_known_of(const Var& arg) {
  return arg.isITensor() ? arg.ITensor()->getDimensions().to_vector() : arg.IValue()->toTensor().sizes().vec();
}

// (value, self, same_shape): the content of a tensor after an operator wrote it.
bool as_written(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  util::check_written_dtype(dtype_of(args[0]), dtype_of(args[1]));
  if (args[2].unwrapToBool()) util::check_written_shape(sizes_known_of(args[0]), sizes_known_of(args[1]));
  auto* value = args[0].ITensorOrFreeze(ctx);
  const auto type = dtype_of(args[1]);
  if (scalar_type(value) != type) return finish(ctx, n, cast(ctx, value, type));
  ctx->AssociateValueAndTensor(n->output(), value);
  return true;
}

bool if_same_dtype(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  Var& chosen = dtype_of(args[0]) == dtype_of(args[1]) ? args[0] : args[1];
  ctx->AssociateValueAndTensor(n->output(), chosen.ITensorOrFreeze(ctx));
  return true;
}

}  // namespace

Family unary_family() {
  return {
      {"aten::exp", of_float(UnaryOperation::kEXP)},
      {"aten::log", of_float(UnaryOperation::kLOG)},
      {"aten::sqrt", of_float(UnaryOperation::kSQRT)},
      {"aten::reciprocal", of_float(UnaryOperation::kRECIP)},
      {"aten::sin", of_float(UnaryOperation::kSIN)},
      {"aten::cos", of_float(UnaryOperation::kCOS)},
      {"aten::tan", of_float(UnaryOperation::kTAN)},
      {"aten::sinh", of_float(UnaryOperation::kSINH)},
      {"aten::cosh", of_float(UnaryOperation::kCOSH)},
      {"aten::asin", of_float(UnaryOperation::kASIN)},
      {"aten::acos", of_float(UnaryOperation::kACOS)},
      {"aten::atan", of_float(UnaryOperation::kATAN)},
      {"aten::asinh", of_float(UnaryOperation::kASINH)},
      {"aten::acosh", of_float(UnaryOperation::kACOSH)},
      {"aten::atanh", of_float(UnaryOperation::kATANH)},
      {"aten::erf", of_float(UnaryOperation::kERF)},
      {"aten::abs", keeping(UnaryOperation::kABS)},
      {"aten::neg", keeping(UnaryOperation::kNEG)},
      {"aten::sign", sign},
      {"aten::ceil", keeping(UnaryOperation::kCEIL, /*identity_on_integers=*/true)},
      {"aten::floor", keeping(UnaryOperation::kFLOOR, /*identity_on_integers=*/true)},
      {"aten::round", keeping(UnaryOperation::kROUND, /*identity_on_integers=*/true)},
      {"aten::square", square},
      {"aten::rsqrt", rsqrt},
      {"aten::logical_not", logical_not},
      {"aten::bitwise_not", bitwise_not},
      {"aten::isnan", is_nan},
      {"aten::isinf", is_inf},
      {"aten::isfinite", is_finite},
      {"aten::isposinf", is_inf_of_sign(ElementWiseOperation::kGREATER)},
      {"aten::isneginf", is_inf_of_sign(ElementWiseOperation::kLESS)},
      {"aten::log2", of_float(UnaryOperation::kLOG2)},
      {"aten::log10", of_float(UnaryOperation::kLOG10)},
      {"aten::log1p", of_float(UnaryOperation::kLOG1P)},
      {"aten::expm1", of_float(UnaryOperation::kEXPM1)},
      {"aten::exp2", of_float(UnaryOperation::kEXP2)},
      {"aten::erfc", of_float(UnaryOperation::kERFC)},
      {"aten::trunc", keeping(UnaryOperation::kTRUNC, /*identity_on_integers=*/true)},
      {"aten::fix", keeping(UnaryOperation::kTRUNC, /*identity_on_integers=*/true)},
      {"aten::frac", fraction},
      {"aten::sgn", sign},
      {"aten::negative", keeping(UnaryOperation::kNEG)},
      {"aten::absolute", keeping(UnaryOperation::kABS)},
      {"aten::round.decimals", round_decimals},
      {"aten::nan_to_num", nan_to_num},
      {"aten::logit", logit},
      {"aten::deg2rad", times(3.14159265358979323846 / 180.0)},
      {"aten::rad2deg", times(180.0 / 3.14159265358979323846)},
      {"aten::to.dtype", to_dtype(1)},
      {"aten::_to_copy", arranged(to_dtype(1), {0, 1})},
      {"aten::to.device", to_dtype(2)},
      {"aten::to.prim_Device", to_dtype(2)},
      {"aten::to.dtype_layout", to_dtype(1)},
      {"aten::to.prim_dtype", to_dtype(1)},
      {"aten::to.other", to_other},
      {"aten::type_as", to_other},
      {"aten::contiguous", unchanged},
      {"aten::detach", unchanged},
      {"aten::cpu", unchanged},
      {"aten::alias", unchanged},
      {"aten::lift_fresh", unchanged},
      {"trt::const", unchanged},
      {"trt::as_written", as_written},
      {"trt::if_same_dtype", if_same_dtype},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
