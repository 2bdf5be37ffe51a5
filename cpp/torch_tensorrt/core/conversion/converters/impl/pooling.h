#pragma once

#include "torch_tensorrt/core/conversion/converters/impl/sizes.h"

// Computes the places of a max pool's maxima, its second result.
namespace torch_tensorrt::core::conversion::converters {

// Elements of the windows along one dimension: (windows) x (elements of a window), kINT64. A place outside of the
// dimension is replaced by the nearest element of the window inside, so that the first of equal elements stays the
// first.
ITensor* sliding_places(ConversionCtx* ctx, const Size& in, const Size& out, const Size& window, const Size& stride,
                        int64_t padding, int64_t dilation);
ITensor* adaptive_places(ConversionCtx* ctx, const Size& in, const Size& out);

// For each window, the place of its largest element among all elements of the last dimensions of `x`. `places` has one
// entry per dimension. The first of equal elements counts, as in PyTorch. `values` are the maxima; they give the dims.
ITensor* indices_of_maxima(ConversionCtx* ctx, ITensor* x, const std::vector<ITensor*>& places, ITensor* values);

}  // namespace torch_tensorrt::core::conversion::converters
