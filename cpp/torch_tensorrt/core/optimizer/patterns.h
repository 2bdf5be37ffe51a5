#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "torch_tensorrt/core/network/network.h"

// Questions that passes ask of a network.
namespace torch_tensorrt::optimizer {

// ---- constants -----------------------------------------------------------------------------------------------------
// Elements are read as numbers, for any dtype that has numbers.

// The constant layer that makes the tensor, or null.
const network::IConstantLayer* constant_of(const network::ITensor* tensor);
inline bool is_constant(const network::ITensor* tensor) { return constant_of(tensor) != nullptr; }

// Every element; empty for dtypes whose numbers are unknown here (kFP8, kINT4).
std::optional<std::vector<double>> read_elements(const network::Weights& weights);

// The single value of all elements of a constant; empty if they differ, or the tensor is not a constant.
std::optional<double> uniform_value(const network::ITensor& tensor);

// Frees those blocks of the network's own memory that no layer refers to.
void release_unused(network::INetworkDefinition& network, const std::vector<const void*>& blocks);

// ---- structure -----------------------------------------------------------------------------------------------------

// The only layer that reads the tensor, once; null if there are several uses, or the tensor is an output.
inline network::ILayer* only_reader(const network::ITensor& tensor) {
  if (tensor.isNetworkOutput() || tensor.consumers().size() != 1) return nullptr;
  return tensor.consumers().front();
}

inline bool is_convolution(const network::ILayer& layer) {
  return layer.getType() == network::LayerType::kCONVOLUTION || layer.getType() == network::LayerType::kDECONVOLUTION;
}

// The layer's index in its network.
inline int32_t position_of(const network::ILayer& layer) {
  const auto& layers = layer.network()->layers();
  for (size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].get() == &layer) return static_cast<int32_t>(i);
  }
  return -1;
}

// Whether an operand of these dims broadcasts to the result without enlarging it.
inline bool broadcasts_into(const network::Dims& operand, const network::Dims& result) {
  if (operand.nbDims > result.nbDims) return false;
  for (int32_t i = 1; i <= operand.nbDims; ++i) {
    const int64_t size = operand.d[operand.nbDims - i];
    if (size != 1 && size != result.d[result.nbDims - i]) return false;
  }
  return true;
}

// All layers in order. A pass may change the network while it walks this snapshot: it asks `alive` and skips layers
// that are gone.
std::vector<network::ILayer*> layer_snapshot(const network::INetworkDefinition& network);
bool alive(const network::INetworkDefinition& network, const network::ILayer* layer);

}  // namespace torch_tensorrt::optimizer
