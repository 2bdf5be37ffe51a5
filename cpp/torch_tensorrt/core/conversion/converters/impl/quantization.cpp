#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "torch/csrc/jit/ir/constants.h"

#include "torch_tensorrt/core/conversion/converters/impl/families.h"
#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/network/layers/quantization.h"

// Rounding to the numbers of a quantized dtype, and conversion to and from them. With constant scales and a range of 8
// bits it is a quantize and a dequantize layer; otherwise it is computed in floats.
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

// Empty if the layers cannot express it: computed scales, several zero points.
std::optional<Known> known_quantization(Var& scale_arg, Var& zero_arg, const Range& range) {
  const auto scale = known_value(scale_arg);
  const auto zeros = is_none(zero_arg) ? at::zeros({1}, at::kLong) : known_value(zero_arg);
  if (!scale || !zeros || zeros->numel() == 0) return std::nullopt;
  const at::Tensor dense = scale->to(at::kFloat).contiguous();
  const at::Tensor first = zeros->reshape({-1})[0];
  if (!is_positive(dense) || !zeros->eq(first).all().item<bool>()) return std::nullopt;
  // PyTorch rounds a zero point in a float tensor, which nobody needs.
  if (at::isFloatingType(zeros->scalar_type())) return std::nullopt;
  const auto zero = first.item<int64_t>();
  if (zero < range.low || zero > range.high) return std::nullopt;
  return Known{dense, zero};
}

bool fits(const Range& range, nvinfer1::DataType type) {
  using network::IQuantizeLayer;
  return IQuantizeLayer::lowest(type) <= range.low && range.high <= IQuantizeLayer::highest(type);
}

// A dtype with all numbers of the range; empty for more than 8 bits.
std::optional<nvinfer1::DataType> smallest_type(const Range& range) {
  for (const auto type : {nvinfer1::DataType::kINT8, nvinfer1::DataType::kUINT8}) {
    if (fits(range, type)) return type;
  }
  return std::nullopt;
}

// Axis -1: one scale.
ITensor* scales_of(ConversionCtx* ctx, const Known& known, int32_t axis) {
  return tensor_constant(ctx, axis < 0 ? known.scale.reshape({}) : known.scale.reshape({-1}));
}

ITensor* quantize(ConversionCtx* ctx, ITensor* x, ITensor* scales, const Known& known, nvinfer1::DataType type,
                  int32_t axis, const Range& range) {
  auto* layer = ctx->net->addQuantize(*x, *scales, type);
  layer->setAxis(axis);
  layer->setZeroPoint(known.zero);
  layer->setRange(range.low, range.high);
  return layer->getOutput(0);
}

ITensor* dequantize(ConversionCtx* ctx, ITensor* q, ITensor* scales, const Known& known, nvinfer1::DataType type,
                    int32_t axis) {
  auto* layer = ctx->net->addDequantize(*q, *scales, type);
  layer->setAxis(axis);
  layer->setZeroPoint(known.zero);
  return layer->getOutput(0);
}

ITensor* round_trip(ConversionCtx* ctx, ITensor* x, const Known& known, nvinfer1::DataType type, int32_t axis,
                    const Range& range) {
  ITensor* scales = scales_of(ctx, known, axis);
  return dequantize(ctx, quantize(ctx, x, scales, known, type, axis, range), scales, known, x->getType(), axis);
}

// clamp(round(x * inverse) + zero, low, high) in floats: PyTorch multiplies by the reciprocal of the scale.
ITensor* places_in_floats(ConversionCtx* ctx, ITensor* x, ITensor* inverse, ITensor* zero, const Range& range) {
  const auto type = scalar_type(x);
  auto* steps = apply(ctx, UnaryOperation::kROUND, apply(ctx, ElementWiseOperation::kPROD, x, inverse));
  auto* place = apply(ctx, ElementWiseOperation::kSUM, steps, zero);
  place = apply(ctx, ElementWiseOperation::kMAX, place, scalar_constant(ctx, range.low, type));
  return apply(ctx, ElementWiseOperation::kMIN, place, scalar_constant(ctx, range.high, type));
}

// (place - zero) * scale
ITensor* values_in_floats(ConversionCtx* ctx, ITensor* place, ITensor* scale, ITensor* zero) {
  return apply(ctx, ElementWiseOperation::kPROD, apply(ctx, ElementWiseOperation::kSUB, place, zero), scale);
}

// The scale and the zero point have the wide type of x.
ITensor* in_floats(ConversionCtx* ctx, ITensor* x, ITensor* scale, ITensor* zero, const Range& range) {
  auto* wide = cast(ctx, x, wide_type(scalar_type(x)));
  auto* out = values_in_floats(ctx, places_in_floats(ctx, wide, apply(ctx, UnaryOperation::kRECIP, scale), zero, range),
                               scale, zero);
  return cast(ctx, out, scalar_type(x));
}

// Layers quantize f32, f16 and bf16.
bool has_layer(ITensor* x) { return at::isFloatingType(scalar_type(x)) && scalar_type(x) != at::kDouble; }

// (self, scale, zero_point, quant_min, quant_max); scale and zero point are numbers or tensors of one element.
bool per_tensor(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const Range range = range_of(n, args[3], args[4]);
  const auto known = known_quantization(args[1], args[2], range);
  const auto small = smallest_type(range);
  if (known && small && known->scale.numel() == 1 && has_layer(x)) {
    return finish(ctx, n, round_trip(ctx, x, *known, *small, -1, range));
  }
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
  const auto small = smallest_type(range);
  if (known && small && has_layer(x)) return finish(ctx, n, round_trip(ctx, x, *known, *small, axis, range));
  const auto type = wide_type(scalar_type(x));
  const auto placed = [&](Var& arg) { return along(ctx, cast(ctx, arg.ITensorOrFreeze(ctx), type), axis, rank(x)); };
  return finish(ctx, n, in_floats(ctx, x, placed(args[1]), placed(args[2]), range));
}

// ---- operators of torch.ao's decomposed form: tensors of plain integer dtypes lie between them
// -----------------------

// The places of the arguments of an operator with one scale, and of one with scales along an axis.
struct Places {
  bool has_axis;
  size_t low() const { return has_axis ? 4 : 3; }
  size_t dtype() const { return has_axis ? 6 : 5; }
  size_t out_dtype() const { return has_axis ? 7 : 6; }
};

// Scale, or zero point, as a tensor of the dtype that broadcasts against x; without a zero point, 0.
ITensor* operand(ConversionCtx* ctx, Var& arg, ITensor* x, int32_t axis, at::ScalarType type) {
  if (is_none(arg)) return scalar_constant(ctx, 0, type);
  if (axis >= 0) return along(ctx, cast(ctx, arg.ITensorOrFreeze(ctx), type), axis, rank(x));
  return materialize(ctx, read_operand(ctx, arg), type);
}

int32_t axis_of(const torch::jit::Node* n, Places places, args& args, ITensor* x) {
  return places.has_axis ? wrap_dim(n, args[3].unwrapToInt(), rank(x)) : -1;
}

bool is_one_for_each(const Known& known, int32_t axis) { return axis >= 0 || known.scale.numel() == 1; }

// (input, scale, zero_point, [axis,] quant_min, quant_max, dtype)
bool quantize_decomposed(ConversionCtx* ctx, const torch::jit::Node* n, args& args, Places places) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const Range range = range_of(n, args[places.low()], args[places.low() + 1]);
  const auto wanted = static_cast<at::ScalarType>(args[places.dtype()].unwrapToInt());
  const auto type = util::ScalarTypeToTRTDataType(wanted);
  const int32_t axis = axis_of(n, places, args, x);
  const auto known = known_quantization(args[1], args[2], range);
  const bool is_small = wanted == at::kChar || wanted == at::kByte;
  if (known && is_small && fits(range, type) && has_layer(x) && is_one_for_each(*known, axis)) {
    return finish(ctx, n, quantize(ctx, x, scales_of(ctx, *known, axis), *known, type, axis, range));
  }
  if (scalar_type(x) != at::kDouble) x = cast(ctx, x, at::kFloat);
  auto* zero = operand(ctx, args[2], x, axis, scalar_type(x));
  // PyTorch divides by a number in float64, and by a tensor in its dtype.
  const bool is_number = args[1].isIValue() && args[1].IValue()->isScalar();
  auto* inverse = is_number ? scalar_constant(ctx, 1.0 / args[1].IValue()->toScalar().toDouble(), scalar_type(x))
                            : apply(ctx, UnaryOperation::kRECIP, operand(ctx, args[1], x, axis, scalar_type(x)));
  return finish(ctx, n, cast(ctx, places_in_floats(ctx, x, inverse, zero, range), wanted));
}

// (input, scale, zero_point, [axis,] quant_min, quant_max, dtype, *, out_dtype=None)
bool dequantize_decomposed(ConversionCtx* ctx, const torch::jit::Node* n, args& args, Places places) {
  auto* q = args[0].ITensorOrFreeze(ctx);
  const Range range = range_of(n, args[places.low()], args[places.low() + 1]);
  const auto stored = static_cast<at::ScalarType>(args[places.dtype()].unwrapToInt());
  TORCHTRT_CHECK(scalar_type(q) == stored, util::node_info(n)
                                               << ": the input is " << scalar_type(q) << ", but dtype is " << stored);
  const auto wanted = static_cast<at::ScalarType>(args[places.out_dtype()].unwrapToInt(int64_t(at::kFloat)));
  const int32_t axis = axis_of(n, places, args, q);
  const auto known = known_quantization(args[1], args[2], range);
  const bool is_small = stored == at::kChar || stored == at::kByte;
  const bool is_float = at::isFloatingType(wanted) && wanted != at::kDouble;
  if (known && is_small && is_float && is_one_for_each(*known, axis)) {
    const auto type = util::ScalarTypeToTRTDataType(wanted);
    return finish(ctx, n, dequantize(ctx, q, scales_of(ctx, *known, axis), *known, type, axis));
  }
  auto* x = cast(ctx, q, at::kFloat);
  auto* scale = operand(ctx, args[1], x, axis, at::kFloat);
  auto* zero = operand(ctx, args[2], x, axis, at::kFloat);
  return finish(ctx, n, cast(ctx, values_in_floats(ctx, x, scale, zero), wanted));
}

// ---- the operator of NVIDIA's ModelOpt ----------------------------------------------------------------------------

constexpr const char* kBlocks =
    "no engine computes scales of blocks (mxfp8, nvfp4); quantize to integers with constant scales";

// Tensors with no magnitude above this are rounded to 0.
constexpr double kNoMagnitude = 1.0 / (1 << 24);
// The scale of such tensors: numbers below it become 0, and products of two of them are finite.
constexpr float kScaleOfNothing = 0x1p60F;

// ModelOpt's places of the arguments: (input, amax, num_bits, exponent_bits, unsigned, narrow_range)
Range range_of_bits(const torch::jit::Node* n, args& args) {
  constexpr int64_t kMostBits = 16;
  const int64_t bits = args[2].unwrapToInt();
  const bool is_unsigned = args[4].unwrapToBool();
  TORCHTRT_CHECK(bits >= 2 && bits <= kMostBits, util::node_info(n)
                                                     << ": num_bits is " << bits << ", must be 2 to " << kMostBits);
  const int64_t high = (int64_t{1} << (is_unsigned ? bits : bits - 1)) - 1;
  const bool is_narrow = args[5].unwrapToBool();
  return {is_unsigned ? 0 : (is_narrow ? -high : -high - 1), high};
}

// The dimension along which the magnitudes lie; -1 if there is one for all elements.
int32_t axis_of_magnitudes(const torch::jit::Node* n, const std::vector<int64_t>& sizes, ITensor* x) {
  const bool is_one = std::all_of(sizes.begin(), sizes.end(), [](int64_t size) { return size == 1; });
  if (is_one) return -1;
  const auto isnt_one = [](int64_t size) { return size != 1; };
  const auto axis = static_cast<int32_t>(std::find_if(sizes.begin(), sizes.end(), isnt_one) - sizes.begin());
  TORCHTRT_CHECK(std::count_if(sizes.begin(), sizes.end(), isnt_one) == 1 && axis < rank(x),
                 util::node_info(n) << ": amax has the shape " << c10::IntArrayRef(sizes)
                                    << ", must have one element, or one for each index of a dimension of the input");
  return axis;
}

// Empty unless the magnitudes are known and none is negative or NaN.
std::optional<Known> known_magnitudes(Var& amax_arg, const Range& range) {
  const auto amax = known_value(amax_arg);
  if (!amax || amax->numel() == 0) return std::nullopt;
  const at::Tensor dense = amax->to(at::kFloat).contiguous();
  if (!dense.ge(0).all().item<bool>()) return std::nullopt;
  const at::Tensor scale = dense / static_cast<double>(range.high);
  return Known{scale.masked_fill(dense.le(kNoMagnitude), kScaleOfNothing), 0};
}

bool quantize_op(ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
  auto* x = args[0].ITensorOrFreeze(ctx);
  const Range range = range_of_bits(n, args);
  const auto sizes =
      args[1].isITensor() ? args[1].ITensor()->getDimensions().to_vector() : args[1].unwrapToTensor().sizes().vec();
  const int32_t axis = axis_of_magnitudes(n, sizes, x);
  const auto known = known_magnitudes(args[1], range);
  const auto small = smallest_type(range);
  if (known && is_positive(known->scale) && small && has_layer(x)) {
    return finish(ctx, n, round_trip(ctx, x, *known, *small, axis, range));
  }
  const auto type = wide_type(scalar_type(x));
  auto* amax = cast(ctx, args[1].ITensorOrFreeze(ctx), type);
  if (axis >= 0) amax = along(ctx, flat(ctx, amax), axis, rank(x));
  if (axis < 0 && rank(amax) != 0) amax = reshape(ctx, amax, SizeList{});
  amax = apply(ctx, ElementWiseOperation::kMAX, amax, scalar_constant(ctx, kNoMagnitude, type));
  auto* scale = apply(ctx, ElementWiseOperation::kDIV, amax, scalar_constant(ctx, range.high, type));
  return finish(ctx, n, in_floats(ctx, x, scale, scalar_constant(ctx, 0, type), range));
}

Decision has_no_exponent(const torch::jit::Node* n) {
  const auto bits = torch::jit::toIValue(n->input(3));
  if (bits && bits->isInt() && bits->toInt() == 0) return Decision::yes();
  return Decision::no(
      "exponent_bits is not 0: no engine rounds to 8-bit floating-point numbers (fp8); quantize to integers, as "
      "ModelOpt's INT8_DEFAULT_CFG does");
}

bool never(ConversionCtx*, const torch::jit::Node* n, args&) {
  TORCHTRT_THROW_ERROR(util::node_info(n) << ": " << kBlocks);
}

using Decomposed = bool (*)(ConversionCtx*, const torch::jit::Node*, args&, Places);

OpConverter with_places(Decomposed convert, bool has_axis) {
  return [convert, has_axis](ConversionCtx* ctx, const torch::jit::Node* n, args& args) {
    return convert(ctx, n, args, Places{has_axis});
  };
}

}  // namespace

Family quantization_family() {
  return {
      {"aten::fake_quantize_per_tensor_affine", per_tensor},
      {"aten::fake_quantize_per_tensor_affine.tensor_qparams", per_tensor},
      {"aten::fake_quantize_per_channel_affine", per_channel},
      // Importing torch.ao or torchao registers these.
      {"quantized_decomposed::quantize_per_tensor(Tensor input, float scale, int zero_point, int quant_min, "
       "int quant_max, ScalarType dtype) -> Tensor",
       with_places(quantize_decomposed, false)},
      {"quantized_decomposed::quantize_per_tensor.tensor(Tensor input, Tensor scale, Tensor zero_point, "
       "int quant_min, int quant_max, ScalarType dtype) -> Tensor",
       with_places(quantize_decomposed, false)},
      {"quantized_decomposed::quantize_per_channel(Tensor input, Tensor scales, Tensor zero_points, int axis, "
       "int quant_min, int quant_max, ScalarType dtype) -> Tensor",
       with_places(quantize_decomposed, true)},
      {"quantized_decomposed::dequantize_per_tensor(Tensor input, float scale, int zero_point, int quant_min, "
       "int quant_max, ScalarType dtype, *, ScalarType? out_dtype=None) -> Tensor",
       with_places(dequantize_decomposed, false)},
      {"quantized_decomposed::dequantize_per_tensor.tensor(Tensor input, Tensor scale, Tensor zero_point, "
       "int quant_min, int quant_max, ScalarType dtype, *, ScalarType? out_dtype=None) -> Tensor",
       with_places(dequantize_decomposed, false)},
      {"quantized_decomposed::dequantize_per_channel(Tensor input, Tensor scales, Tensor? zero_points, int axis, "
       "int quant_min, int quant_max, ScalarType dtype, *, ScalarType? out_dtype=None) -> Tensor",
       with_places(dequantize_decomposed, true)},
      // Importing modelopt registers these.
      {"tensorrt::quantize_op(Tensor input, Tensor amax, int num_bits, int exponent_bits, bool unsigned, "
       "bool narrow_range) -> Tensor",
       quantize_op, Declines{"`exponent_bits` is not 0", has_no_exponent}},
      {"tensorrt::dynamic_block_quantize_op(Tensor input, int block_size, Tensor amax, int num_bits, "
       "int exponent_bits, int scale_num_bits, int scale_exponent_bits) -> Tensor",
       never, DeclinesAll{kBlocks}},
  };
}

}  // namespace torch_tensorrt::core::conversion::converters
