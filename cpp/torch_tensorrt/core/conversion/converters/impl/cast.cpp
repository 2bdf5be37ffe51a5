#include "torch_tensorrt/core/conversion/converters/impl/common.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

bool convert(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* input, at::ScalarType type) {
  auto* out = cast(ctx, input, type);
  return finish(ctx, n, out == input ? ctx->net->addIdentity(*input)->getOutput(0) : out);
}

// The dtype is the argument at `place`; None keeps the tensor's own. Devices and memory formats say nothing about the
// values: an engine has one device.
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

bool identity(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  return finish(ctx, n, ctx->net->addIdentity(*args[0].ITensorOrFreeze(ctx))->getOutput(0));
}

}  // namespace

Family cast_family() {
  return {
      {"aten::to.dtype", to_dtype(1)},
      {"aten::to.device", to_dtype(2)},
      {"aten::to.prim_Device", to_dtype(2)},
      {"aten::to.dtype_layout", to_dtype(1)},
      {"aten::to.prim_dtype", to_dtype(1)},
      {"aten::to.other", to_other},
      {"aten::type_as", to_other},
      {"aten::contiguous", identity},
      {"aten::detach", identity},
      {"aten::cpu", identity},
      {"aten::alias", identity},
      {"aten::lift_fresh", identity},
      {"trt::const", identity},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
