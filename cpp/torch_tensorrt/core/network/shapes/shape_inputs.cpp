#include "torch_tensorrt/core/network/shapes/shape_inputs.h"

#include <cstring>
#include <unordered_set>

namespace torch_tensorrt::network {
namespace {

bool reads_dims_from(const ILayer& layer, const ITensor* tensor) {
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    if (layer.getInput(i) == tensor && layer.reads_dims(i)) return true;
  }
  return false;
}

// Shape computations are small, and may pass through floats.
bool may_be_shape(const ITensor& tensor) {
  const DataType type = tensor.getType();
  if (!may_hold_shapes(type)) return false;
  const int64_t volume = tensor.getDimensions().volume();
  return volume >= 0 && volume <= ShapeValue::kMaxElements;
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

std::vector<bool> find_shape_inputs(const INetworkDefinition& network) {
  std::vector<bool> result;
  for (const ITensor* input : network.inputs()) {
    std::unordered_set<const ITensor*> seen;
    result.push_back(is_integral(input->getType()) && becomes_dims(*input, seen));
  }
  return result;
}

bool may_hold_shapes(DataType type) {
  return is_integral(type) || type == DataType::kBOOL || type == DataType::kFLOAT || type == DataType::kDOUBLE;
}

double to_real(int64_t element) {
  double value = 0;
  std::memcpy(&value, &element, sizeof(value));
  return value;
}

int64_t from_real(DataType type, double value) {
  if (type == DataType::kFLOAT) value = static_cast<double>(static_cast<float>(value));
  int64_t element = 0;
  std::memcpy(&element, &value, sizeof(element));
  return element;
}

}  // namespace torch_tensorrt::network
