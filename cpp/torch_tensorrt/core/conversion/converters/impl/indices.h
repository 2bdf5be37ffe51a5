#pragma once

#include "torch_tensorrt/core/conversion/converters/impl/common.h"

// What stands in the brackets of x[a, b, ...].
namespace torch_tensorrt::core::conversion::converters {

// The index of each leading dimension; null where the whole dimension is meant.
struct Indices {
  std::vector<ITensor*> tensors;
  std::vector<int32_t> dims;  // those that have one
  ITensor* rows = nullptr;    // all of them as tuples, where one mask gave them all
};

// A mask becomes an index for each of its dimensions; one that is computed gives shapes that depend on data.
Indices read_indices(ConversionCtx* ctx, const torch::jit::Node* n, const Var& arg, ITensor* x);
bool has_computed_mask(const Var& arg);
// Throws Error when there are more indices than dimensions.
void check_count(const torch::jit::Node* n, const Indices& indices, ITensor* x);

// The indexed dims first.
std::vector<int32_t> indexed_first(const Indices& indices, int32_t rank);
bool is_consecutive(const std::vector<int32_t>& dims);
std::vector<int32_t> inverse(const std::vector<int32_t>& order);
bool is_identity(const std::vector<int32_t>& order);
// The tuples of indices, one an entry of the last dimension.
ITensor* tuples(ConversionCtx* ctx, const Indices& indices);

}  // namespace torch_tensorrt::core::conversion::converters
