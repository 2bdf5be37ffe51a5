#pragma once

#include "torch_tensorrt/core/conversion/converters/impl/args.h"

// Reads the indices in the brackets of x[a, b, ...].
namespace torch_tensorrt::core::conversion::converters {

// The index of each leading dimension; null selects the whole dimension.
struct Indices {
  std::vector<ITensor*> tensors;
  std::vector<int32_t> dims;  // the dims with an index
  ITensor* rows = nullptr;    // all index tuples, if a single mask gave them
};

// A mask becomes one index for each of its dimensions; a computed mask gives data-dependent shapes.
Indices read_indices(ConversionCtx* ctx, const torch::jit::Node* n, const Var& arg, ITensor* x);
bool has_computed_mask(const Var& arg);
// Throws Error if there are more indices than dimensions.
void check_count(const torch::jit::Node* n, const Indices& indices, ITensor* x);

// An order of all dims that begins with the indexed dims.
std::vector<int32_t> indexed_first(const Indices& indices, int32_t rank);
bool is_consecutive(const std::vector<int32_t>& dims);
std::vector<int32_t> inverse(const std::vector<int32_t>& order);
bool is_identity(const std::vector<int32_t>& order);
// The index tuples; the last dimension holds the entries of a tuple.
ITensor* tuples(ConversionCtx* ctx, const Indices& indices);

// Places of the nonzero elements. Only the run knows how many there are.

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
