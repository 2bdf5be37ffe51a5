#include "torch_tensorrt/core/runtime/shape_inputs.h"

#include <unordered_set>

namespace torch_tensorrt::core::runtime {
namespace {

using network::ILayer;
using network::ITensor;
using network::LayerType;

// Inputs first to last of these layers are dims.
struct DimsReader {
  LayerType type;
  int32_t first;
  int32_t last;
};
constexpr DimsReader kDimsReaders[] = {
    {LayerType::kSHUFFLE, 1, 1},
    {LayerType::kSLICE, 1, 3},
    {LayerType::kRESIZE, 1, 1},
};

bool reads_dims_from(const ILayer& layer, const ITensor* tensor) {
  for (const DimsReader& row : kDimsReaders) {
    if (row.type != layer.getType()) continue;
    for (int32_t i = row.first; i <= row.last; ++i) {
      if (layer.getInput(i) == tensor) return true;
    }
  }
  return false;
}

// A shape computation is small and of whole numbers or truth values.
bool may_be_shape(const ITensor& tensor) {
  const network::DataType type = tensor.getType();
  if (!network::is_integral(type) && type != network::DataType::kBOOL) return false;
  const int64_t volume = tensor.getDimensions().volume();
  return volume >= 0 && volume <= network::ShapeValue::kMaxElements;
}

bool becomes_dims(const ITensor& tensor, std::unordered_set<const ITensor*>& seen) {
  if (!may_be_shape(tensor) || !seen.insert(&tensor).second) return false;
  for (const ILayer* layer : tensor.consumers()) {
    if (reads_dims_from(*layer, &tensor)) return true;
    for (int32_t i = 0; i < layer->getNbOutputs(); ++i) {
      if (becomes_dims(*layer->getOutput(i), seen)) return true;
    }
  }
  return false;
}

}  // namespace

std::vector<bool> find_shape_inputs(const network::INetworkDefinition& network) {
  std::vector<bool> result;
  for (const ITensor* input : network.inputs()) {
    std::unordered_set<const ITensor*> seen;
    result.push_back(becomes_dims(*input, seen));
  }
  return result;
}

}  // namespace torch_tensorrt::core::runtime
