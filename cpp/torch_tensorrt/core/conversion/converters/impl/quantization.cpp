#include <cmath>
#include <optional>

#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/network/layers/quantization.h"

// Rounding to the numbers of a quantized dtype. With constant scales and a range of 8 bits it is a quantize and a
// dequantize layer; otherwise it is computed in floats.
namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ElementWiseOperation;
using nvinfer1::UnaryOperation;

// The integers of a quantized dtype that are used.
struct Range {
  int64_t low;
  int64_t high;
};

Range range_of(const torch::jit::Node* n, Var& low, Var& high) {
  const Range range{low.unwrapToInt(), high.unwrapToInt()};
  TORCHTRT_CHECK(range.low <= range.high, util::node_info(n)
                                              << ": quant_min " << range.low << " is above quant_max " << range.high);
  return range;
}

// Known scales and zero point. A known tensor of scales lies along a dimension.
struct Known {
  at::Tensor scale;  // float32, row-major, positive
  int64_t zero;
  nvinfer1::DataType type;
};

// A number, or a tensor that is a constant of the graph.
std::optional<at::Tensor> known_value(Var& arg) {
  if (!arg.isIValue()) return std::nullopt;
  const torch::jit::IValue& value = *arg.IValue();
  if (value.isTensor()) return value.toTensor().cpu();
  if (value.isScalar()) return at::scalar_to_tensor(value.toScalar());
  return std::nullopt;
}

bool is_positive(const at::Tensor& scale) {
  return scale.numel() > 0 && at::isfinite(scale).all().item<bool>() && scale.gt(0).all().item<bool>();
}

// Empty if the layers cannot express it: computed scales, several zero points, more than 8 bits.
std::optional<Known> known_quantization(Var& scale_arg, Var& zero_arg, const Range& range) {
  const auto scale = known_value(scale_arg);
  const auto zeros = known_value(zero_arg);
  if (!scale || !zeros || zeros->numel() == 0) return std::nullopt;
  const at::Tensor dense = scale->to(at::kFloat).contiguous();
  const at::Tensor first = zeros->reshape({-1})[0];
  if (!is_positive(dense) || !zeros->eq(first).all().item<bool>()) return std::nullopt;
  // PyTorch rounds a zero point in a float tensor, which nobody needs.
  if (at::isFloatingType(zeros->scalar_type())) return std::nullopt;
  const auto zero = first.item<int64_t>();
  if (zero < range.low || zero > range.high) return std::nullopt;
  using network::IQuantizeLayer;
  for (const auto type : {nvinfer1::DataType::kINT8, nvinfer1::DataType::kUINT8}) {
    if (IQuantizeLayer::lowest(type) <= range.low && range.high <= IQuantizeLayer::highest(type)) {
      return Known{dense, zero, type};
    }
  }
  return std::nullopt;
}

// Axis -1: one scale.
ITensor* round_trip(ConversionCtx* ctx, ITensor* x, const Known& known, int32_t axis, const Range& range) {
  const at::Tensor scale = axis < 0 ? known.scale.reshape({}) : known.scale.reshape({-1});
  ITensor* scales = tensor_constant(ctx, scale);
  auto* quantize = ctx->net->addQuantize(*x, *scales, known.type);
  quantize->setAxis(axis);
  quantize->setZeroPoint(known.zero);
  quantize->setRange(range.low, range.high);
  auto* dequantize = ctx->net->addDequantize(*quantize->getOutput(0), *scales, x->getType());
  dequantize->setAxis(axis);
  dequantize->setZeroPoint(known.zero);
  return dequantize->getOutput(0);
}

// (clamp(round(x / scale) + zero, low, high) - zero) * scale in floats; the scale and the zero point have the wide type
// of x. Multiplies by the reciprocal of the scale, as PyTorch does.
ITensor* in_floats(ConversionCtx* ctx, ITensor* input, ITensor* scale, ITensor* zero, const Range& range) {
  const auto type = wide_type(scalar_type(input));
  auto* x = cast(ctx, input, type);
  auto* inverse = apply(ctx, UnaryOperation::kRECIP, scale);
  auto* steps = apply(ctx, UnaryOperation::kROUND, apply(ctx, ElementWiseOperation::kPROD, x, inverse));
  auto* place = apply(ctx, ElementWiseOperation::kSUM, steps, zero);
  place = apply(ctx, ElementWiseOperation::kMAX, place, scalar_constant(ctx, range.low, type));
  place = apply(ctx, ElementWiseOperation::kMIN, place, scalar_constant(ctx, range.high, type));
  auto* out = apply(ctx, ElementWiseOperation::kPROD, apply(ctx, ElementWiseOperation::kSUB, place, zero), scale);
  return cast(ctx, out, scalar_type(input));
}

// Layers quantize f32, f16 and bf16.
bool has_layer(ITensor* x) { return at::isFloatingType(scalar_type(x)) && scalar_type(x) != at::kDouble; }

// (self, scale, zero_point, quant_min, quant_max); scale and zero point are numbers or tensors of one element.
bool per_tensor(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const Range range = range_of(n, args[3], args[4]);
  const auto known = known_quantization(args[1], args[2], range);
  if (known && known->scale.numel() == 1 && has_layer(x)) return finish(ctx, n, round_trip(ctx, x, *known, -1, range));
  const auto type = wide_type(scalar_type(x));
  auto* scale = materialize(ctx, read_operand(ctx, args[1]), type);
  auto* zero = materialize(ctx, read_operand(ctx, args[2]), type);
  return finish(ctx, n, in_floats(ctx, x, scale, zero, range));
}

// (self, scale, zero_point, axis, quant_min, quant_max)
bool per_channel(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const int32_t axis = wrap_dim(n, args[3].unwrapToInt(), rank(x));
  const Range range = range_of(n, args[4], args[5]);
  const auto known = known_quantization(args[1], args[2], range);
  if (known && has_layer(x)) return finish(ctx, n, round_trip(ctx, x, *known, axis, range));
  const auto type = wide_type(scalar_type(x));
  const auto placed = [&](Var& arg) { return along(ctx, cast(ctx, arg.ITensorOrFreeze(ctx), type), axis, rank(x)); };
  return finish(ctx, n, in_floats(ctx, x, placed(args[1]), placed(args[2]), range));
}

}  // namespace

Family quantization_family() {
  return {
      {"aten::fake_quantize_per_tensor_affine", per_tensor},
      {"aten::fake_quantize_per_tensor_affine.tensor_qparams", per_tensor},
      {"aten::fake_quantize_per_channel_affine", per_channel},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
