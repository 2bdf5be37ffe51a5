#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "torch_tensorrt/core/network/network.h"

// Reads elements of constants and weights as numbers, for any dtype that has numbers.
namespace torch_tensorrt::optimizer {

// The constant layer that makes the tensor, or null.
const network::IConstantLayer* constant_of(const network::ITensor* tensor);
inline bool is_constant(const network::ITensor* tensor) { return constant_of(tensor) != nullptr; }

// Every element; empty for dtypes whose numbers are unknown here (kFP8, kINT4).
std::optional<std::vector<double>> read_elements(const network::Weights& weights);

// The single value of all elements of a constant; empty if they differ, or the tensor is not a constant.
std::optional<double> uniform_value(const network::ITensor& tensor);

// Frees those blocks of the network's own memory that no layer refers to.
void release_unused(network::INetworkDefinition& network, const std::vector<const void*>& blocks);

}  // namespace torch_tensorrt::optimizer
