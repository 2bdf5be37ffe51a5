#include "torch_tensorrt/core/conversion/converters/impl/sizes.h"

#include <algorithm>
#include <cmath>

#include "ATen/ops/arange.h"

#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/tensorcontainer/TensorContainer.h"
#include "torch_tensorrt/core/network/host/scalar_formulas.h"
#include "torch_tensorrt/core/network/shapes/dim_origin.h"
#include "torch_tensorrt/core/network/shapes/value_range.h"

namespace torch_tensorrt::core::conversion::converters {
namespace {

using nvinfer1::ElementWiseOperation;

constexpr int64_t kUnknown = nvinfer1::ShapeValue::kUnknown;

void append_size(ConversionCtx* ctx, const torch::jit::IValue& value, SizeList& sizes) {
  if (value.isInt()) {
    sizes.values.push_back(value.toInt());
    sizes.computed.push_back(nullptr);
    return;
  }
  if (value.isTensor()) {
    sizes.values.push_back(value.toTensor().item<int64_t>());
    sizes.computed.push_back(nullptr);
    return;
  }
  TORCHTRT_CHECK(TensorContainer::is_in(value), "expected a size, found " << value.tagKind());
  auto* tensor = value.toCustomClass<TensorContainer>()->tensor();
  const auto& known = tensor->shape_value();
  if (known && known->elements.size() == 1 && known->is_known()) {
    sizes.values.push_back(known->elements[0]);
    sizes.computed.push_back(nullptr);
    return;
  }
  sizes.values.push_back(kUnknown);
  sizes.computed.push_back(cast(ctx, tensor, at::kLong));
}

// A tensor of one element as a size; a known size if its number is known.
Size as_size(ConversionCtx* ctx, ITensor* tensor) {
  const auto& known = tensor->shape_value();
  const bool is_integer = nvinfer1::is_integral(tensor->getType());
  if (is_integer && known && known->is_known() && known->elements.size() == 1) return {known->elements[0]};
  auto* number = cast(ctx, tensor, at::kLong);
  return Size(rank(number) == 1 ? number : replace_dims(ctx, number, 0, rank(number), {1}));
}

}  // namespace

bool SizeList::is_known() const {
  return std::all_of(computed.begin(), computed.end(), [](const ITensor* tensor) { return tensor == nullptr; });
}

nvinfer1::Dims SizeList::dims() const {
  nvinfer1::Dims dims(values);
  std::replace(dims.d, dims.d + dims.nbDims, kUnknown, int64_t{-1});
  return dims;
}

SizeList read_sizes(ConversionCtx* ctx, const Var& arg) {
  SizeList sizes;
  const auto& value = *arg.IValue();
  if (value.isIntList()) {
    sizes.values = value.toIntVector();
    sizes.computed.resize(sizes.values.size(), nullptr);
    return sizes;
  }
  TORCHTRT_CHECK(value.isList(), "expected a list of sizes, found " << value.tagKind());
  for (const auto& element : value.toListRef()) append_size(ctx, element, sizes);
  return sizes;
}

ITensor* size_tensor(ConversionCtx* ctx, const SizeList& sizes) {
  if (sizes.is_known()) return index_constant(ctx, sizes.values);
  std::vector<ITensor*> parts;
  for (size_t i = 0; i < sizes.values.size(); ++i) {
    if (sizes.computed[i] == nullptr) {
      parts.push_back(index_constant(ctx, {sizes.values[i]}));
      continue;
    }
    auto* shuffle = ctx->net->addShuffle(*sizes.computed[i]);
    shuffle->setReshapeDimensions(nvinfer1::Dims{1});
    parts.push_back(shuffle->getOutput(0));
  }
  if (parts.size() == 1) return parts[0];
  return ctx->net->addConcatenation(parts.data(), static_cast<int32_t>(parts.size()))->getOutput(0);
}

ITensor* dim_size(ConversionCtx* ctx, ITensor* tensor, int32_t dim) {
  const auto dims = tensor->getDimensions();
  if (dims.d[dim] >= 0) return index_constant(ctx, {dims.d[dim]});
  auto* shape = ctx->net->addShape(*tensor)->getOutput(0);
  return ctx->net->addSlice(*shape, nvinfer1::Dims{dim}, nvinfer1::Dims{1}, nvinfer1::Dims{1})->getOutput(0);
}

int64_t known_size(const torch::jit::Node* n, ITensor* x, int32_t dim, const char* why) {
  const auto dims = x->getDimensions();
  TORCHTRT_CHECK(dims.d[dim] >= 0, util::node_info(n) << ": dimension " << dim << " of " << nvinfer1::to_string(dims)
                                                      << " is dynamic, but must be known, because " << why
                                                      << "; give one size for it instead of a range");
  return dims.d[dim];
}

SizeList sizes_of(ConversionCtx* ctx, ITensor* x) {
  SizeList sizes;
  for (int32_t i = 0; i < rank(x); ++i) {
    const int64_t size = x->getDimensions().d[i];
    sizes.values.push_back(size >= 0 ? size : nvinfer1::ShapeValue::kUnknown);
    sizes.computed.push_back(size >= 0 ? nullptr : dim_size(ctx, x, i));
  }
  return sizes;
}

namespace {

// Resolves a -1 beside computed sizes if these divide the tensor's sizes: the quotient is a number, or a dimension.
void find_wildcard(ConversionCtx* ctx, ITensor* tensor, SizeList& sizes) {
  nvinfer1::SizeFactors rest;
  for (int32_t i = 0; i < rank(tensor); ++i) {
    const auto factors = nvinfer1::factors_of_dim(*tensor, i);
    rest.known *= factors.known;
    rest.unknown.insert(rest.unknown.end(), factors.unknown.begin(), factors.unknown.end());
  }
  size_t wildcard = sizes.values.size();
  for (size_t i = 0; i < sizes.values.size(); ++i) {
    if (sizes.computed[i] == nullptr && sizes.values[i] < 0) {
      wildcard = i;
      continue;
    }
    const auto factors = sizes.computed[i] == nullptr ? nvinfer1::SizeFactors{sizes.values[i], {}}
                                                      : nvinfer1::factors_of_element(*sizes.computed[i], 0);
    if (!factors || !divide(rest, *factors)) return;
  }
  if (wildcard == sizes.values.size()) return;
  if (rest.unknown.empty()) {
    sizes.values[wildcard] = rest.known;
  } else if (rest.unknown.size() == 1 && rest.known == 1) {
    sizes.values[wildcard] = kUnknown;
    sizes.computed[wildcard] = dim_size(ctx, const_cast<ITensor*>(rest.unknown[0].tensor), rest.unknown[0].axis);
  }
}

}  // namespace

ITensor* reshape(ConversionCtx* ctx, ITensor* tensor, SizeList sizes) {
  auto* shuffle = ctx->net->addShuffle(*tensor);
  shuffle->setZeroIsPlaceholder(false);
  const int64_t wildcards = std::count_if(sizes.values.begin(), sizes.values.end(), [](int64_t v) { return v < 0; });
  // Passes a computed size on even if it is the only unknown size, so that the run reports a size that does not fit,
  // which an inferred size would hide.
  const bool is_computed =
      std::any_of(sizes.computed.begin(), sizes.computed.end(), [](auto* c) { return c != nullptr; });
  if (is_computed && wildcards > 1) find_wildcard(ctx, tensor, sizes);
  if (wildcards <= 1 && !is_computed) {
    shuffle->setReshapeDimensions(sizes.dims());
  } else {
    shuffle->setInput(1, *size_tensor(ctx, sizes));
  }
  return shuffle->getOutput(0);
}

namespace {

bool may_be_empty(ConversionCtx* ctx, ITensor* tensor, int32_t dim) {
  const int64_t size = tensor->getDimensions().d[dim];
  if (size >= 0 || ctx->net->profiles().empty()) return size == 0;
  const auto range = nvinfer1::ValueRanges(ctx->net->profiles()[0]).of_dim(*tensor, dim);
  return range.low <= 0 && !std::isinf(range.high);
}

// Computes the product of adjacent dimensions.
ITensor* product_of_dims(ConversionCtx* ctx, ITensor* tensor, int32_t begin, int32_t end) {
  auto* product = dim_size(ctx, tensor, begin);
  for (int32_t i = begin + 1; i < end; ++i) {
    auto* size = dim_size(ctx, tensor, i);
    product = ctx->net->addElementWise(*product, *size, nvinfer1::ElementWiseOperation::kPROD)->getOutput(0);
  }
  return product;
}

}  // namespace

ITensor* replace_dims(ConversionCtx* ctx, ITensor* tensor, int32_t begin, int32_t end,
                      const std::vector<int64_t>& middle) {
  const auto dims = tensor->getDimensions();
  SizeList sizes;
  const auto keep = [&](int32_t dim) {
    sizes.values.push_back(dims.d[dim] >= 0 ? dims.d[dim] : kUnknown);
    sizes.computed.push_back(nullptr);
  };
  for (int32_t i = 0; i < begin; ++i) keep(i);
  for (const int64_t size : middle) {
    sizes.values.push_back(size);
    sizes.computed.push_back(nullptr);
  }
  for (int32_t i = end; i < dims.nbDims; ++i) keep(i);
  // A product of known dims, or of a 0 and any dims, is known and needs no wildcard.
  const bool merges = middle.size() == 1 && middle[0] == -1;
  if (merges) {
    int64_t product = 1;
    bool known = true;
    for (int32_t i = begin; i < end; ++i) {
      known = known && dims.d[i] >= 0;
      product *= dims.d[i];
    }
    known = known || std::find(dims.d + begin, dims.d + end, 0) != dims.d + end;
    if (known) sizes.values[begin] = product;
  }
  // Beside a 0, any size would satisfy a -1.
  bool is_ambiguous = std::find(sizes.values.begin(), sizes.values.end(), 0) != sizes.values.end();
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    is_ambiguous = is_ambiguous || ((i < begin || i >= end) && may_be_empty(ctx, tensor, i));
  }
  const auto wildcards = std::count_if(sizes.values.begin(), sizes.values.end(), [](int64_t v) { return v < 0; });
  if (wildcards > 1 || (wildcards == 1 && is_ambiguous)) {
    if (merges && is_ambiguous && sizes.values[begin] < 0) {
      sizes.values[begin] = kUnknown;
      sizes.computed[begin] = product_of_dims(ctx, tensor, begin, end);
    }
    const auto tail = static_cast<int32_t>(middle.size()) - (end - begin);
    for (size_t i = 0; i < sizes.values.size(); ++i) {
      if (sizes.values[i] != kUnknown || sizes.computed[i] != nullptr) continue;
      const auto source = static_cast<int32_t>(i) < begin ? static_cast<int32_t>(i) : static_cast<int32_t>(i) - tail;
      sizes.computed[i] = dim_size(ctx, tensor, source);
    }
  }
  return reshape(ctx, tensor, sizes);
}

ITensor* with_rank(ConversionCtx* ctx, ITensor* x, int32_t wanted) {
  const int32_t missing = wanted - rank(x);
  return missing > 0 ? replace_dims(ctx, x, 0, 0, std::vector<int64_t>(missing, 1)) : x;
}

ITensor* flat(ConversionCtx* ctx, ITensor* x) { return replace_dims(ctx, x, 0, rank(x), {rank(x) == 0 ? 1 : -1}); }

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
  return tensor_constant(ctx, at::arange(count.value, at::TensorOptions().dtype(at::kLong)));
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

void append(SizeList& sizes, const Size& size) {
  sizes.values.push_back(size.is_known() ? size.value : nvinfer1::ShapeValue::kUnknown);
  sizes.computed.push_back(size.computed);
}

}  // namespace torch_tensorrt::core::conversion::converters
