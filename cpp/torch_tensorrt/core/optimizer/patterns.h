#pragma once

#include <vector>

#include "torch_tensorrt/core/optimizer/constants.h"

// Questions that passes ask of a network.
namespace torch_tensorrt::optimizer {

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
