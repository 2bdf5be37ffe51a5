#include "torch_tensorrt/core/hybrid_cost.h"

#include <unordered_set>
#include <vector>

#include "torch_tensorrt/core/network/layer.h"
#include "torch_tensorrt/core/network/tensor.h"

namespace torch_tensorrt::core {
namespace {

using network::ILayer;
using network::ITensor;
using network::LayerType;

bool moves_data(LayerType type) {
  static const std::unordered_set<LayerType> kMoves = {
      LayerType::kINPUT,    LayerType::kCONSTANT, LayerType::kIDENTITY,      LayerType::kCAST,
      LayerType::kREFORMAT, LayerType::kSHUFFLE,  LayerType::kCONCATENATION, LayerType::kSLICE};
  return kMoves.count(type) != 0;
}

// Whether a layer behind the results computes elements. Arithmetic on sizes does not count.
bool computes(const network::INetworkDefinition& network) {
  std::unordered_set<const ILayer*> seen;
  std::vector<const ITensor*> open;
  for (int32_t i = 0; i < network.getNbOutputs(); ++i) open.push_back(network.getOutput(i));
  while (!open.empty()) {
    const ILayer* layer = open.back()->producer();
    open.pop_back();
    if (!seen.insert(layer).second) continue;
    if (!moves_data(layer->getType())) return true;
    for (int32_t i = 0; i < layer->getNbInputs(); ++i) {
      if (layer->getInput(i) != nullptr && !layer->reads_dims(i)) open.push_back(layer->getInput(i));
    }
  }
  return false;
}

}  // namespace

Decision pays_for_borders(const network::INetworkDefinition& network) {
  if (network.getNbInputs() == 0 || computes(network)) return Decision::yes();
  return Decision::no("its engine would only move data, which costs more at the borders than it gains");
}

}  // namespace torch_tensorrt::core
