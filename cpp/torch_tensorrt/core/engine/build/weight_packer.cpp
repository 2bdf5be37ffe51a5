#include "torch_tensorrt/core/engine/build/weight_packer.h"

#include <algorithm>

#include "torch_tensorrt/core/engine/plan/network_weights.h"

namespace torch_tensorrt::engine {
namespace {

constexpr const char* kPlain = "plain";

bool is_packed(const std::string& layout) { return !layout.empty() && layout != kPlain; }

}  // namespace

WeightPacker::WeightPacker(std::shared_ptr<network::INetworkDefinition> network)
    : network_(std::move(network)), store_(std::make_shared<WeightStore>()) {
  WeightPutter putter(network_, *store_);
  putter.put_attributes();
  putter.put_constant_inputs();
  for (int32_t i = 0; i < network_->getNbLayers(); ++i) index_of_[network_->getLayer(i)] = i;
}

void WeightPacker::settle(int32_t index) {
  network::ILayer& layer = *network_->getLayer(index);
  change_weights(layer, [&](const char* name, network::Weights& weights) {
    const std::string key = weight_key(index, name);
    if (!is_packed(store_->asked_layout(key))) return;
    store_->drop_unused(key);
    weights.values = store_->find(key).data.get();
  });
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    store_->drop_unused(input_key(index, i));
    if (layer.getInput(i) != nullptr) settle_constant(*layer.getInput(i)->producer());
  }
}

// The packed elements if every reader packs the tensor, else null.
const void* WeightPacker::packed_for_all_readers(const network::ITensor& tensor) const {
  const void* packed = nullptr;
  if (tensor.isNetworkOutput()) return nullptr;
  for (const network::ILayer* reader : tensor.consumers()) {
    for (int32_t i = 0; i < reader->getNbInputs(); ++i) {
      if (reader->getInput(i) != &tensor) continue;
      const std::string key = input_key(index_of_.at(reader), i);
      if (!is_packed(store_->asked_layout(key))) return nullptr;
      packed = store_->find(key).data.get();
    }
  }
  return packed;
}

void WeightPacker::settle_constant(network::ILayer& layer) {
  if (layer.getType() != network::LayerType::kCONSTANT) return;
  const void* packed = packed_for_all_readers(*layer.getOutput(0));
  if (packed == nullptr) return;
  change_weights(layer, [&](const char* name, network::Weights& weights) {
    store_->erase(weight_key(index_of_.at(&layer), name));
    weights.values = packed;
  });
}

std::shared_ptr<WeightStore> WeightPacker::finish() {
  // Inputs that are not packed stay with their constants.
  for (int32_t i = 0; i < network_->getNbLayers(); ++i) {
    for (int32_t j = 0; j < network_->getLayer(i)->getNbInputs(); ++j) {
      const std::string key = input_key(i, j);
      if (!is_packed(store_->asked_layout(key))) store_->erase(key);
    }
  }
  return store_;
}

}  // namespace torch_tensorrt::engine
