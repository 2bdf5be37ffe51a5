#pragma once

#include "torch_tensorrt/core/conversion/converters/impl/common.h"

// Places of the elements that are not 0. How many there are only the run knows.
namespace torch_tensorrt::core::conversion::converters {

// kINT64 [rank of x, number of places], in row-major order. x must have a dimension.
ITensor* find_places(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x);
// Of such places a row each: [number of places, rank].
ITensor* as_rows(ConversionCtx* ctx, ITensor* places);
// The index of each place along each dimension.
std::vector<ITensor*> as_indices(ConversionCtx* ctx, ITensor* places);
// The mask as one that picks from the dimensions of x from `first` on. Throws Error where it has other sizes, and lets
// the run check those that are not known.
ITensor* fitted_mask(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* mask, ITensor* x, int32_t first);

}  // namespace torch_tensorrt::core::conversion::converters
