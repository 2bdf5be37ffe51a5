#include "torch_tensorrt/core/conversion/converters/impl/args.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
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

// Rounds values to those of a quantized dtype, in floats: (clamp(round(x / scale) + zero, low, high) - zero) * scale.
// Multiplies by the reciprocal of the scale, as PyTorch does.

namespace {

using nvinfer1::ElementWiseOperation;

struct Range {
  ITensor* scale;
  ITensor* zero;  // float
  int64_t low;
  int64_t high;
};

ITensor* fake_quantize(ConversionCtx* ctx, ITensor* x, const Range& range) {
  const auto type = scalar_type(x);
  auto* inverse = apply(ctx, nvinfer1::UnaryOperation::kRECIP, range.scale);
  auto* steps = apply(ctx, ElementWiseOperation::kPROD, x, inverse);
  auto* place = apply(ctx, nvinfer1::UnaryOperation::kROUND, apply(ctx, ElementWiseOperation::kSUM, steps, range.zero));
  place = apply(ctx, ElementWiseOperation::kMAX, place, scalar_constant(ctx, range.low, type));
  place = apply(ctx, ElementWiseOperation::kMIN, place, scalar_constant(ctx, range.high, type));
  return apply(ctx, ElementWiseOperation::kPROD, apply(ctx, ElementWiseOperation::kSUB, place, range.zero),
               range.scale);
}

// (self, scale, zero_point, quant_min, quant_max); scale and zero point are numbers or tensors of one element.
bool per_tensor(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const auto type = scalar_type(x);
  const Range range{materialize(ctx, read_operand(ctx, args[1]), type),
                    materialize(ctx, read_operand(ctx, args[2]), type), args[3].unwrapToInt(), args[4].unwrapToInt()};
  TORCHTRT_CHECK(range.low <= range.high, util::node_info(n)
                                              << ": quant_min " << range.low << " is above quant_max " << range.high);
  return finish(ctx, n, fake_quantize(ctx, x, range));
}

// (self, scale, zero_point, axis, quant_min, quant_max)
bool per_channel(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const auto type = scalar_type(x);
  const int32_t axis = wrap_dim(n, args[3].unwrapToInt(), rank(x));
  const auto placed = [&](Var& arg) { return along(ctx, cast(ctx, arg.ITensorOrFreeze(ctx), type), axis, rank(x)); };
  const Range range{placed(args[1]), placed(args[2]), args[4].unwrapToInt(), args[5].unwrapToInt()};
  TORCHTRT_CHECK(range.low <= range.high, util::node_info(n)
                                              << ": quant_min " << range.low << " is above quant_max " << range.high);
  return finish(ctx, n, fake_quantize(ctx, x, range));
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
      {"aten::contiguous", unchanged},
      {"aten::detach", unchanged},
      {"aten::cpu", unchanged},
      {"aten::alias", unchanged},
      {"aten::lift_fresh", unchanged},
      {"trt::const", unchanged},
      {"trt::as_written", as_written},
      {"trt::if_same_dtype", if_same_dtype},
      {"aten::fake_quantize_per_tensor_affine", per_tensor},
      {"aten::fake_quantize_per_tensor_affine.tensor_qparams", per_tensor},
      {"aten::fake_quantize_per_channel_affine", per_channel},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
