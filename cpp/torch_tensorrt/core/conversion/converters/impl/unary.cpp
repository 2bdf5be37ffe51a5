#include "torch_tensorrt/core/conversion/converters/impl/common.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ElementWiseOperation;
using nvinfer1::UnaryOperation;

// Functions that give a float for an integer.
OpConverter of_float(UnaryOperation operation) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = args[0].ITensorOrFreeze(ctx);
    if (!at::isFloatingType(scalar_type(x))) x = cast(ctx, x, at::kFloat);
    return finish(ctx, n, ctx->net->addUnary(*x, operation)->getOutput(0));
  };
}

// Functions that keep the dtype; those that do nothing to integers are the identity there.
OpConverter keeping(UnaryOperation operation, bool identity_on_integers = false) {
  return [=](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    auto* x = args[0].ITensorOrFreeze(ctx);
    if (identity_on_integers && !at::isFloatingType(scalar_type(x))) {
      return finish(ctx, n, ctx->net->addIdentity(*x)->getOutput(0));
    }
    return finish(ctx, n, ctx->net->addUnary(*x, operation)->getOutput(0));
  };
}

bool square(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  return finish(ctx, n, ctx->net->addElementWise(*x, *x, ElementWiseOperation::kPROD)->getOutput(0));
}

bool rsqrt(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  if (!at::isFloatingType(scalar_type(x))) x = cast(ctx, x, at::kFloat);
  auto* root = ctx->net->addUnary(*x, UnaryOperation::kSQRT)->getOutput(0);
  return finish(ctx, n, ctx->net->addUnary(*root, UnaryOperation::kRECIP)->getOutput(0));
}

bool logical_not(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = cast(ctx, args[0].ITensorOrFreeze(ctx), at::kBool);
  return finish(ctx, n, ctx->net->addUnary(*x, UnaryOperation::kNOT)->getOutput(0));
}

// ~x of a bool, -x - 1 of an integer.
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
  auto* x = args[0].ITensorOrFreeze(ctx);
  if (!at::isFloatingType(scalar_type(x))) x = cast(ctx, x, at::kFloat);
  return finish(ctx, n, ctx->net->addUnary(*x, operation)->getOutput(0));
}

bool is_nan(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return is_nan_or_inf(ctx, n, args, UnaryOperation::kISNAN);
}

bool is_inf(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return is_nan_or_inf(ctx, n, args, UnaryOperation::kISINF);
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
      {"aten::sign", keeping(UnaryOperation::kSIGN)},
      {"aten::ceil", keeping(UnaryOperation::kCEIL, /*identity_on_integers=*/true)},
      {"aten::floor", keeping(UnaryOperation::kFLOOR, /*identity_on_integers=*/true)},
      {"aten::round", keeping(UnaryOperation::kROUND, /*identity_on_integers=*/true)},
      {"aten::square", square},
      {"aten::rsqrt", rsqrt},
      {"aten::logical_not", logical_not},
      {"aten::bitwise_not", bitwise_not},
      {"aten::isnan", is_nan},
      {"aten::isinf", is_inf},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
