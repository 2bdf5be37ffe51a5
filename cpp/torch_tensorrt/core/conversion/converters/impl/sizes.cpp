#include "torch_tensorrt/core/conversion/converters/impl/sizes.h"

#include <algorithm>
#include <cmath>

#include "ATen/ops/arange.h"

#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/tensorcontainer/TensorContainer.h"
#include "torch_tensorrt/core/network/host/scalar_formulas.h"
#include "torch_tensorrt/core/network/shapes/value_range.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ElementWiseOperation;

// A tensor of one element as a size; a known size if its number is known.
Size as_size(ConversionCtx* ctx, ITensor* tensor) {
  const auto& known = tensor->shape_value();
  const bool is_integer = nvinfer1::is_integral(tensor->getType());
  if (is_integer && known && known->is_known() && known->elements.size() == 1) return {known->elements[0]};
  auto* number = cast(ctx, tensor, at::kLong);
  return Size(rank(number) == 1 ? number : replace_dims(ctx, number, 0, rank(number), {1}));
}

}  // namespace

Size read_size(ConversionCtx* ctx, const Var& arg) {
  Var copy = arg;
  if (copy.isITensor()) return as_size(ctx, copy.ITensor());
  if (copy.isTensor()) return {copy.unwrapToTensor().item<int64_t>()};
  return {copy.unwrapToInt()};
}

Size size_of(ConversionCtx* ctx, ITensor* x, int32_t dim) {
  const int64_t known = x->getDimensions().d[dim];
  return known >= 0 ? Size(known) : Size(dim_size(ctx, x, dim));
}

Size entry(const SizeList& sizes, size_t index) {
  return sizes.computed[index] != nullptr ? Size(sizes.computed[index]) : Size(sizes.values[index]);
}

ITensor* size_tensor(ConversionCtx* ctx, const Size& size) {
  if (size.is_known()) return index_constant(ctx, {size.value});
  auto* tensor = cast(ctx, size.computed, at::kLong);
  return rank(tensor) == 1 ? tensor : replace_dims(ctx, tensor, 0, rank(tensor), {1});
}

Size apply(ConversionCtx* ctx, ElementWiseOperation operation, const Size& a, const Size& b) {
  if (a.is_known() && b.is_known()) return {nvinfer1::apply_elementwise(operation, a.value, b.value)};
  return as_size(ctx, apply(ctx, operation, size_tensor(ctx, a), size_tensor(ctx, b)));
}

Size plus(ConversionCtx* ctx, const Size& a, const Size& b) {
  if (b.is_known() && b.value == 0) return a;
  return apply(ctx, ElementWiseOperation::kSUM, a, b);
}
Size minus(ConversionCtx* ctx, const Size& a, const Size& b) {
  if (b.is_known() && b.value == 0) return a;
  return apply(ctx, ElementWiseOperation::kSUB, a, b);
}
Size times(ConversionCtx* ctx, const Size& a, const Size& b) {
  if (b.is_known() && b.value == 1) return a;
  return apply(ctx, ElementWiseOperation::kPROD, a, b);
}
Size divided(ConversionCtx* ctx, const Size& a, const Size& b) {
  if (b.is_known() && b.value == 1) return a;
  return apply(ctx, ElementWiseOperation::kFLOOR_DIV, a, b);
}
Size ceil_divided(ConversionCtx* ctx, const Size& a, const Size& b) {
  return divided(ctx, plus(ctx, a, minus(ctx, b, 1)), b);
}
Size smaller(ConversionCtx* ctx, const Size& a, const Size& b) { return apply(ctx, ElementWiseOperation::kMIN, a, b); }
Size larger(ConversionCtx* ctx, const Size& a, const Size& b) { return apply(ctx, ElementWiseOperation::kMAX, a, b); }

std::optional<SizeBounds> bounds_of(ConversionCtx* ctx, const Size& size) {
  if (size.is_known()) return SizeBounds{size.value, size.value};
  if (ctx->net->profiles().empty()) return std::nullopt;
  const auto range = nvinfer1::ValueRanges(ctx->net->profiles()[0]).of_element(*size.computed, 0);
  if (std::isinf(range.low) || std::isinf(range.high)) return std::nullopt;
  return SizeBounds{static_cast<int64_t>(range.low), static_cast<int64_t>(range.high)};
}

Size slice_bound(ConversionCtx* ctx, const Size& index, const Size& size) {
  Size place = index;
  if (index.is_known()) {
    if (index.value < 0) place = plus(ctx, size, index);
  } else if (const auto bounds = bounds_of(ctx, index); !bounds || bounds->low < 0) {
    auto* number = size_tensor(ctx, index);
    auto* negative = apply(ctx, ElementWiseOperation::kLESS, number, at::Scalar(0));
    place = Size(choose(ctx, negative, size_tensor(ctx, plus(ctx, size, index)), number));
  }
  return smaller(ctx, larger(ctx, place, 0), size);
}

namespace {

// A bound that is inside the dimension for every size in the range, counted from the front or from the end.
struct SureBound {
  bool from_end;
  int64_t place;
};

std::optional<SureBound> sure_bound(const Size& index, int64_t smallest) {
  if (!index.is_known()) return std::nullopt;
  if (index.value == INT64_MAX) return SureBound{true, 0};
  if (index.value < 0) return smallest >= -index.value ? std::optional(SureBound{true, index.value}) : std::nullopt;
  return smallest >= index.value ? std::optional(SureBound{false, index.value}) : std::nullopt;
}

}  // namespace

Slice read_slice(ConversionCtx* ctx, const Size& start, const Size& end, const Size& size) {
  const bool to_end = end.is_known() && end.value == INT64_MAX;
  const Size first = slice_bound(ctx, start, size);
  if (const auto bounds = bounds_of(ctx, size)) {
    const auto a = sure_bound(start, bounds->low);
    const auto b = sure_bound(end, bounds->low);
    if (a && b && a->from_end == b->from_end) return {first, std::max(b->place - a->place, int64_t{0})};
  }
  const Size last = to_end ? size : slice_bound(ctx, end, size);
  return {first, larger(ctx, minus(ctx, last, first), 0)};
}

ITensor* slice_sizes(ConversionCtx* ctx, ITensor* x, int32_t dim, const Size& start, const Size& count, int64_t step) {
  if (start.is_known() && count.is_known()) return slice_dim(ctx, x, dim, start.value, count.value, step);
  const auto dims = x->getDimensions();
  SizeList starts;
  SizeList counts;
  nvinfer1::Dims steps = dims;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    append(starts, i == dim ? start : Size(int64_t{0}));
    append(counts, i == dim ? count : size_of(ctx, x, i));
    steps.d[i] = i == dim ? step : 1;
  }
  auto* slice = ctx->net->addSlice(*x, starts.dims(), counts.dims(), steps);
  if (!start.is_known()) slice->setInput(1, *size_tensor(ctx, starts));
  slice->setInput(2, *size_tensor(ctx, counts));
  return slice->getOutput(0);
}

ITensor* replace_sizes(ConversionCtx* ctx, ITensor* x, int32_t begin, int32_t end, const std::vector<Size>& middle) {
  SizeList sizes;
  for (int32_t i = 0; i < begin; ++i) append(sizes, size_of(ctx, x, i));
  for (const Size& size : middle) append(sizes, size);
  for (int32_t i = end; i < rank(x); ++i) append(sizes, size_of(ctx, x, i));
  return reshape(ctx, x, sizes);
}

ITensor* count_up_to(ConversionCtx* ctx, const Size& count) {
  if (!count.is_known()) return count_up(ctx, count.computed);
  return tensor_to_const(ctx, at::arange(count.value, at::TensorOptions().dtype(at::kLong)));
}

Size element_count(ConversionCtx* ctx, ITensor* x) {
  Size count(int64_t{1});
  for (int32_t i = 0; i < rank(x); ++i) count = times(ctx, count, size_of(ctx, x, i));
  return count;
}

ITensor* places_of(ConversionCtx* ctx, ITensor* x) {
  std::vector<Size> sizes;
  for (int32_t i = 0; i < rank(x); ++i) sizes.push_back(size_of(ctx, x, i));
  return replace_sizes(ctx, count_up_to(ctx, element_count(ctx, x)), 0, 1, sizes);
}

ITensor* repeated_in_a_row(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, const Var& dim,
                           const Size& repeats) {
  int32_t axis = 0;
  if (is_none(dim)) {
    x = replace_dims(ctx, x, 0, rank(x), {-1});
  } else {
    axis = wrap_dim(n, Var(dim).unwrapToInt(), rank(x));
    if (rank(x) == 0) x = replace_dims(ctx, x, 0, 0, {1});
  }
  // In an empty tensor, a -1 would be ambiguous.
  if (repeats.is_known() && repeats.value == 0) return slice_dim(ctx, x, axis, 0, 0);
  auto* spread = replace_dims(ctx, x, axis + 1, axis + 1, {1});
  auto sizes = sizes_of(ctx, spread);
  sizes.values[axis + 1] = repeats.is_known() ? repeats.value : nvinfer1::ShapeValue::kUnknown;
  sizes.computed[axis + 1] = repeats.computed;
  return replace_dims(ctx, broadcast(ctx, n, spread, sizes), axis, axis + 2, {-1});
}

void append(SizeList& sizes, const Size& size) {
  sizes.values.push_back(size.is_known() ? size.value : nvinfer1::ShapeValue::kUnknown);
  sizes.computed.push_back(size.computed);
}

}  // namespace torch_tensorrt::core::conversion::converters
