#pragma once

#include "torch_tensorrt/core/conversion/converters/impl/args.h"

// Sizes, places and counts, known while converting or computed in the network, and arithmetic on them.
namespace torch_tensorrt::core::conversion::converters {

// Sizes (or starts, or paddings), each known or computed in the network.
struct SizeList {
  std::vector<int64_t> values;     // ShapeValue::kUnknown where computed
  std::vector<ITensor*> computed;  // null where known; scalars of an integer dtype otherwise
  bool is_known() const;
  nvinfer1::Dims dims() const;  // -1 where computed
};
SizeList read_sizes(ConversionCtx* ctx, const Var& arg);
// The list as a 1-D kINT64 tensor.
ITensor* size_tensor(ConversionCtx* ctx, const SizeList& sizes);
// The size of one dimension as a 1-D kINT64 tensor of one element.
ITensor* dim_size(ConversionCtx* ctx, ITensor* tensor, int32_t dim);

// The known size. Error naming the node if the size is dynamic; `why` completes the message.
int64_t known_size(const torch::jit::Node* n, ITensor* x, int32_t dim, const char* why);
// The tensor's sizes; dynamic sizes are computed in the network.
SizeList sizes_of(ConversionCtx* ctx, ITensor* x);
// A reshape to the sizes; one may be -1 (inferred).
ITensor* reshape(ConversionCtx* ctx, ITensor* tensor, SizeList sizes);
// Reshapes the tensor: the dims from `begin` up to `end` are replaced by `middle` (-1: their product). Also correct for
// dynamic dims.
ITensor* replace_dims(ConversionCtx* ctx, ITensor* tensor, int32_t begin, int32_t end,
                      const std::vector<int64_t>& middle);
// Adds dimensions of size 1 at the front, up to the rank.
ITensor* with_rank(ConversionCtx* ctx, ITensor* x, int32_t wanted);
// All elements in one dimension.
ITensor* flat(ConversionCtx* ctx, ITensor* x);

// Known: `value`. Computed: a kINT64 tensor of one element.
struct Size {
  int64_t value = 0;
  ITensor* computed = nullptr;
  Size(int64_t known) : value(known) {}
  explicit Size(ITensor* tensor) : computed(tensor) {}
  bool is_known() const { return computed == nullptr; }
};

// Reads a number argument; Error if it is neither an int nor computed in the network.
Size read_size(ConversionCtx* ctx, const Var& arg);
// The size of a dimension.
Size size_of(ConversionCtx* ctx, ITensor* x, int32_t dim);
Size entry(const SizeList& sizes, size_t index);
// The size as a 1-D kINT64 tensor of one element.
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
// The smallest and largest value of the size over the ranges of the inputs; unset unless both are known.
struct SizeBounds {
  int64_t low;
  int64_t high;
};
std::optional<SizeBounds> bounds_of(ConversionCtx* ctx, const Size& size);

// A slice bound, clamped to the size as in Python. A negative bound counts from the end.
Size slice_bound(ConversionCtx* ctx, const Size& index, const Size& size);
// The start and the number of elements of x[start:end], ignoring the step. INT64_MAX as end means no end. The length is
// known if both bounds count from the same side and are inside for every size in the range.
struct Slice {
  Size first;
  Size length;
};
Slice read_slice(ConversionCtx* ctx, const Size& start, const Size& end, const Size& size);

// The functions of args.h and layers.h, for sizes that may be computed.
ITensor* slice_sizes(ConversionCtx* ctx, ITensor* x, int32_t dim, const Size& start, const Size& count,
                     int64_t step = 1);
ITensor* replace_sizes(ConversionCtx* ctx, ITensor* x, int32_t begin, int32_t end, const std::vector<Size>& middle);
ITensor* count_up_to(ConversionCtx* ctx, const Size& count);
void append(SizeList& sizes, const Size& size);
// The number of elements of the tensor.
Size element_count(ConversionCtx* ctx, ITensor* x);
// The index of each element, in the tensor's shape.
ITensor* places_of(ConversionCtx* ctx, ITensor* x);

}  // namespace torch_tensorrt::core::conversion::converters
