#pragma once

#include "torch_tensorrt/core/conversion/converters/impl/common.h"

// Places of the nonzero elements. Only the run knows how many there are.
namespace torch_tensorrt::core::conversion::converters {

// kINT64 [rank of x, number of places], in row-major order. x must have a dimension.
ITensor* find_places(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* x);
// Transposes such places to one row per place: [number of places, rank].
ITensor* as_rows(ConversionCtx* ctx, ITensor* places);
// The index of each place along each dimension.
std::vector<ITensor*> as_indices(ConversionCtx* ctx, ITensor* places);
// Reshapes the mask to select from the dimensions of x from `first` on. Throws Error if a known size does not match;
// the run checks dynamic sizes.
ITensor* fitted_mask(ConversionCtx* ctx, const torch::jit::Node* n, ITensor* mask, ITensor* x, int32_t first);

}  // namespace torch_tensorrt::core::conversion::converters
