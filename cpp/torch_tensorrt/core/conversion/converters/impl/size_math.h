#pragma once

#include "torch_tensorrt/core/conversion/converters/impl/common.h"

// Sizes, places and counts that are known while converting or computed in the network, and arithmetic on them.
namespace torch_tensorrt::core::conversion::converters {

// Known: `value`. Computed: a kINT64 tensor of one element.
struct Size {
  int64_t value = 0;
  ITensor* computed = nullptr;
  Size(int64_t known) : value(known) {}
  explicit Size(ITensor* tensor) : computed(tensor) {}
  bool is_known() const { return computed == nullptr; }
};

// A number argument; Error when it is neither an int nor computed in the network.
Size read_size(ConversionCtx* ctx, const Var& arg);
// The size of a dimension.
Size size_of(ConversionCtx* ctx, ITensor* x, int32_t dim);
Size entry(const SizeList& sizes, size_t index);
// As a 1-D kINT64 tensor of one element.
ITensor* size_tensor(ConversionCtx* ctx, const Size& size);

// Known operands give a known result. Division is Python's //.
Size apply(ConversionCtx* ctx, nvinfer1::ElementWiseOperation operation, const Size& a, const Size& b);
Size plus(ConversionCtx* ctx, const Size& a, const Size& b);
Size minus(ConversionCtx* ctx, const Size& a, const Size& b);
Size times(ConversionCtx* ctx, const Size& a, const Size& b);
Size divided(ConversionCtx* ctx, const Size& a, const Size& b);
Size ceil_divided(ConversionCtx* ctx, const Size& a, const Size& b);
Size smaller(ConversionCtx* ctx, const Size& a, const Size& b);
Size larger(ConversionCtx* ctx, const Size& a, const Size& b);
// The smallest and the largest that the size is over the ranges of the inputs, where both are known.
struct SizeBounds {
  int64_t low;
  int64_t high;
};
std::optional<SizeBounds> bounds_of(ConversionCtx* ctx, const Size& size);

// A bound of a slice: clamped to the size when out of range, as in Python; a negative one counts from the end.
Size slice_bound(ConversionCtx* ctx, const Size& index, const Size& size);
// Where x[start:end] begins and how many elements it has, before the step. An end of INT64_MAX is none. The length is
// known where both bounds count from one side and lie inside every size of the range.
struct Slice {
  Size first;
  Size length;
};
Slice read_slice(ConversionCtx* ctx, const Size& start, const Size& end, const Size& size);

// The same as in common.h and compose.h, for sizes that may be computed.
ITensor* slice_sizes(ConversionCtx* ctx, ITensor* x, int32_t dim, const Size& start, const Size& count,
                     int64_t step = 1);
ITensor* replace_sizes(ConversionCtx* ctx, ITensor* x, int32_t begin, int32_t end, const std::vector<Size>& middle);
ITensor* count_up_to(ConversionCtx* ctx, const Size& count);
void append(SizeList& sizes, const Size& size);
// How many elements the tensor has.
Size element_count(ConversionCtx* ctx, ITensor* x);
// The number of each element, in the tensor's shape.
ITensor* places_of(ConversionCtx* ctx, ITensor* x);
// Each element as often in a row as the size says, along the dimension, or (None) all elements in one line.
ITensor* repeated_in_a_row(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x, const Var& dim,
                           const Size& repeats);

}  // namespace torch_tensorrt::core::conversion::converters
