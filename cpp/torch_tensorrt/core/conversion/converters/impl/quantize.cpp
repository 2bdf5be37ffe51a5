#include "torch_tensorrt/core/conversion/converters/impl/compose.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

// Rounds values to those of a quantized dtype, in floats: (clamp(round(x / scale) + zero, low, high) - zero) * scale.
// Multiplies by the reciprocal of the scale, as PyTorch does.
namespace torch_tensorrt::core::conversion::converters {
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
  const Range range{materialise(ctx, read_operand(ctx, args[1]), type),
                    materialise(ctx, read_operand(ctx, args[2]), type), args[3].unwrapToInt(), args[4].unwrapToInt()};
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

Family quantize_family() {
  return {
      {"aten::fake_quantize_per_tensor_affine", per_tensor},
      {"aten::fake_quantize_per_tensor_affine.tensor_qparams", per_tensor},
      {"aten::fake_quantize_per_channel_affine", per_channel},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
