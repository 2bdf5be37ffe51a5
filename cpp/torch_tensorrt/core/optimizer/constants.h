#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "torch_tensorrt/core/network/network.h"

// Reading elements of constants and weights, of any dtype that has a number.
namespace torch_tensorrt::optimizer {

// The layer that the tensor is a constant of, or null.
const network::IConstantLayer* constant_of(const network::ITensor* tensor);
inline bool is_constant(const network::ITensor* tensor) { return constant_of(tensor) != nullptr; }

// Every element; empty when the dtype has no numbers that are known here (kFP8, kINT4).
std::optional<std::vector<double>> read_elements(const network::Weights& weights);

// The value that all elements of a constant have; empty when there is none, or the tensor is no constant.
std::optional<double> uniform_value(const network::ITensor& tensor);

// Lets go of those blocks of the network's own memory that no layer refers to.
void release_unused(network::INetworkDefinition& network, const std::vector<const void*>& blocks);

}  // namespace torch_tensorrt::optimizer
