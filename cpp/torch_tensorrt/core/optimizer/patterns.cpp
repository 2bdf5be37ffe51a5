#include "torch_tensorrt/core/optimizer/patterns.h"

#include <algorithm>

namespace torch_tensorrt::optimizer {

std::vector<network::ILayer*> layer_snapshot(const network::INetworkDefinition& network) {
  std::vector<network::ILayer*> layers;
  for (const auto& layer : network.layers()) layers.push_back(layer.get());
  return layers;
}

bool alive(const network::INetworkDefinition& network, const network::ILayer* layer) {
  const auto& layers = network.layers();
  return std::any_of(layers.begin(), layers.end(), [&](const auto& other) { return other.get() == layer; });
}

}  // namespace torch_tensorrt::optimizer
