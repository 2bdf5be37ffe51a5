#include "torch_tensorrt/core/conversion/converters/impl/common.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/util/jit_in_place.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

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

bool identity(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
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
      {"trt::as_written", as_written},
      {"trt::if_same_dtype", if_same_dtype},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
