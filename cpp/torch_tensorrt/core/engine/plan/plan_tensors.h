#pragma once

#include <unordered_map>
#include <vector>

#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::engine {

// Numbers the tensors of a network: the outputs of all layers, in order.
class TensorNumbers {
 public:
  explicit TensorNumbers(const network::INetworkDefinition& network) {
    for (const auto& layer : network.layers()) {
      for (int32_t i = 0; i < layer->getNbOutputs(); ++i) {
        numbers_.emplace(layer->getOutput(i), static_cast<int32_t>(numbers_.size()));
      }
    }
  }
  // -1 for null.
  int32_t of(const network::ITensor* tensor) const { return tensor == nullptr ? -1 : numbers_.at(tensor); }
  int32_t count() const { return static_cast<int32_t>(numbers_.size()); }

 private:
  std::unordered_map<const network::ITensor*, int32_t> numbers_;
};

}  // namespace torch_tensorrt::engine
