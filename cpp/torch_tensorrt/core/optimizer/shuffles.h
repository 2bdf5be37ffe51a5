#pragma once

#include <optional>

#include "torch_tensorrt/core/network/network.h"

// Helpers for shuffles (transpose, reshape, transpose) in passes.
namespace torch_tensorrt::optimizer {

// The permutation that applies first p, then q.
network::Permutation compose(const network::Permutation& p, const network::Permutation& q, int32_t rank);
network::Permutation inverse(const network::Permutation& permutation, int32_t rank);

// Both transposes of a shuffle without a reshape as a single one.
network::Permutation whole_transpose(const network::IShuffleLayer& layer);

// A layer that only reshapes.
bool is_plain_reshape(const network::IShuffleLayer& layer);
// A layer that only transposes.
bool is_plain_transpose(const network::IShuffleLayer& layer);

// Whether a reshape between the two dims moves and renames nothing, for any values of the -1s at run time.
bool same_dims_always(const network::Dims& a, const network::Dims& b);

// The reshape of the layer without placeholders, so that it means the same behind any other reshape. Empty if it
// depends on the dims before it, or comes from a shape tensor.
std::optional<network::Dims> absolute_reshape(const network::IShuffleLayer& layer);

}  // namespace torch_tensorrt::optimizer
