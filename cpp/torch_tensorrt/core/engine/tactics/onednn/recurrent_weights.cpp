#include "torch_tensorrt/core/engine/tactics/onednn/recurrent_weights.h"

#include <algorithm>
#include <cstring>

#include "torch_tensorrt/core/engine/tactics/onednn/descs.h"
#include "torch_tensorrt/core/engine/tactics/onednn/step_kernels.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::onednn {

using network::IRecurrentLayer;
using network::RecurrentCell;
using network::RecurrentWeights;

namespace {

// The order described in step_kernels.h: groups x inputs x gates x lanes.
struct GroupedWeights {
  int64_t gates;
  int64_t size;    // hidden elements
  int64_t inputs;  // elements of the state
  int64_t lanes;

  int64_t groups() const { return rounded_up(size, lanes) / lanes; }
  int64_t bytes() const { return groups() * inputs * gates * lanes * static_cast<int64_t>(sizeof(float)); }
  std::string layout() const { return "grouped_gates_" + std::to_string(lanes); }

  // Calls f(index in the plain elements, index in the groups) for every element.
  template <typename F>
  void for_each(F f) const {
    for (int64_t gate = 0; gate < gates; ++gate) {
      for (int64_t row = 0; row < size; ++row) {
        for (int64_t k = 0; k < inputs; ++k) {
          const int64_t group = (row / lanes * inputs + k) * gates + gate;
          f((gate * size + row) * inputs + k, group * lanes + row % lanes);
        }
      }
    }
  }
};

GroupedWeights grouped(const IRecurrentLayer& layer, int64_t lanes) {
  return {layer.gate_count(), layer.getHiddenSize(), layer.state_size(), lanes};
}

}  // namespace

Decision check_recurrent(const network::ILayer& layer, const DeviceTarget& device) {
  if (layer.getType() != network::LayerType::kRECURRENT) return Decision::no("another kind of layer");
  if (!device.is_cpu()) return Decision::no("oneDNN runs on CPUs here");
  const auto type = layer.getOutput(0)->getType();
  if (type != network::DataType::kFLOAT) {
    return Decision::no(str("the output is ", network::enum_name(type), ", must be f32"));
  }
  if (!static_cast<const IRecurrentLayer&>(layer).has_constant_weights()) {
    return Decision::no("some weights are computed, all must be constant");
  }
  return layer.epilogue().empty() ? Decision::yes() : Decision::no("the layer has an epilogue");
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

void ungroup_hidden_weights(const IRecurrentLayer& layer, const WeightBlock& from, void* to) {
  const int64_t plain_bytes = layer.getWeights(RecurrentWeights::kHIDDEN).bytes();
  if (from.layout == "plain") {
    TORCHTRT_CHECK(from.bytes == plain_bytes,
                   "hidden weights have " << from.bytes << " bytes, must have " << plain_bytes);
    std::memcpy(to, from.data.get(), static_cast<size_t>(from.bytes));
    return;
  }
  for (const int64_t lanes : kStepLanes) {
    const auto form = grouped(layer, lanes);
    if (from.layout != form.layout()) continue;
    TORCHTRT_CHECK(from.bytes == form.bytes(), "hidden weights have " << from.bytes << " bytes, their layout "
                                                                      << from.layout << " needs " << form.bytes());
    const auto* values = static_cast<const float*>(from.data.get());
    form.for_each([&](int64_t plain, int64_t place) { static_cast<float*>(to)[plain] = values[place]; });
    return;
  }
  TORCHTRT_THROW_ERROR("weights are stored in the layout '" << from.layout << "', which this library does not know");
}

const float* group_hidden_weights(WeightStore& store, const IRecurrentLayer& layer, int64_t lanes) {
  const auto form = grouped(layer, lanes);
  const auto repack = [&](const WeightBlock& from, void* to) {
    const auto plain = allocate_aligned(layer.getWeights(RecurrentWeights::kHIDDEN).bytes());
    ungroup_hidden_weights(layer, from, plain.get());
    std::memset(to, 0, static_cast<size_t>(form.bytes()));
    const auto* values = static_cast<const float*>(plain.get());
    form.for_each([&](int64_t from_place, int64_t place) { static_cast<float*>(to)[place] = values[from_place]; });
  };
  const std::string key = key_of(layer, RecurrentWeights::kHIDDEN);
  return static_cast<const float*>(store.get(key, form.layout(), form.bytes(), repack));
}

std::shared_ptr<float> new_gate_bias(WeightStore& store, const IRecurrentLayer& layer, int64_t lanes) {
  const float* bias = plain_weights(store, layer, RecurrentWeights::kHIDDEN_BIAS);
  if (layer.getCell() != RecurrentCell::kGRU || bias == nullptr) return nullptr;
  const int64_t size = layer.getHiddenSize();
  const int64_t padded = rounded_up(size, lanes);
  const auto memory = std::static_pointer_cast<float>(allocate_aligned(padded * static_cast<int64_t>(sizeof(float))));
  std::fill_n(memory.get(), padded, 0.0F);
  std::copy_n(bias + 2 * size, size, memory.get());
  return memory;
}

}  // namespace torch_tensorrt::engine::onednn
