#pragma once

#include "torch_tensorrt/core/conversion/converters/impl/size_math.h"

// Where the maxima of a max pool lie: its second result.
namespace torch_tensorrt::core::conversion::converters {

// Elements of the windows along one dimension, (windows) x (elements of a window), kINT64. A place outside of the
// dimension stands for the nearest element of the window that is inside: so the first of equal elements stays the
// first.
ITensor* sliding_places(ConversionCtx* ctx, const Size& in, const Size& out, const Size& window, const Size& stride,
                        int64_t padding, int64_t dilation);
ITensor* adaptive_places(ConversionCtx* ctx, const Size& in, const Size& out);

// Of the largest element of each window, its place among all elements of the last dimensions of `x`, one entry of
// `places` a dimension; the first of equal ones, as in PyTorch. `values` are those elements, and tell the dims.
ITensor* indices_of_maxima(ConversionCtx* ctx, ITensor* x, const std::vector<ITensor*>& places, ITensor* values);

}  // namespace torch_tensorrt::core::conversion::converters
