#include "torch_tensorrt/core/engine/tactics/onednn/recurrent_weights.h"

#include <cstring>

#include "torch_tensorrt/core/engine/tactics/onednn/descs.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::onednn {

using network::IRecurrentLayer;
using network::RecurrentCell;
using network::RecurrentWeights;

Decision check_recurrent(const network::ILayer& layer, const DeviceTarget& device) {
  if (layer.getType() != network::LayerType::kRECURRENT) return Decision::no("another kind of layer");
  if (device.kind != DeviceTarget::Kind::kCPU) return Decision::no("oneDNN runs on CPUs here");
  const auto type = layer.getOutput(0)->getType();
  if (type != network::DataType::kFLOAT) {
    return Decision::no(str("the output is ", network::enum_name(type), ", must be f32"));
  }
  if (!static_cast<const IRecurrentLayer&>(layer).has_constant_weights()) {
    return Decision::no("weights are computed, all must be constant");
  }
  return layer.epilogue().empty() ? Decision::yes() : Decision::no("something follows in the layer");
}

RecurrentWeights role_of(const std::string& attribute) {
  for (int32_t i = 0; i < network::kRecurrentWeightsCount; ++i) {
    const auto role = static_cast<RecurrentWeights>(i);
    if (attribute == IRecurrentLayer::weights_name(role)) return role;
  }
  TORCHTRT_THROW_ERROR("a recurrent layer has no weights " << attribute);
}

std::string key_of(const IRecurrentLayer& layer, RecurrentWeights role) {
  return weight_key(layer_index(layer), IRecurrentLayer::weights_name(role));
}

const float* plain_weights(WeightStore& store, const IRecurrentLayer& layer, RecurrentWeights role) {
  const auto& weights = layer.getWeights(role);
  if (weights.count == 0) return nullptr;
  return static_cast<const float*>(store.get(key_of(layer, role), "plain", weights.bytes(), {}));
}

std::shared_ptr<float> joined_biases(WeightStore& store, const IRecurrentLayer& layer) {
  const int64_t size = layer.getHiddenSize();
  const int64_t count = layer.gate_count() * size;
  const auto memory = std::static_pointer_cast<float>(allocate_aligned(count * static_cast<int64_t>(sizeof(float))));
  const float* input = plain_weights(store, layer, RecurrentWeights::kINPUT_BIAS);
  const float* hidden = plain_weights(store, layer, RecurrentWeights::kHIDDEN_BIAS);
  const int64_t joined = layer.getCell() == RecurrentCell::kGRU ? 2 * size : count;
  for (int64_t i = 0; i < count; ++i) {
    const float from_input = input == nullptr ? 0.0F : input[i];
    const float from_hidden = hidden == nullptr || i >= joined ? 0.0F : hidden[i];
    memory.get()[i] = from_input + from_hidden;
  }
  return memory;
}

}  // namespace torch_tensorrt::engine::onednn
