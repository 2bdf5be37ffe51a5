#include "torch_tensorrt/core/network/network.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <unordered_map>
#include <unordered_set>

#include "torch_tensorrt/core/network/attributes.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

constexpr std::align_val_t kWeightAlignment{64};

std::shared_ptr<void> aligned_block(int64_t bytes) {
  void* memory = ::operator new(static_cast<size_t>(std::max<int64_t>(bytes, 1)), kWeightAlignment);
  return {memory, [](void* block) { ::operator delete(block, kWeightAlignment); }};
}

template <typename T>
T* at_or_null(const std::vector<T*>& values, int32_t index) {
  return index >= 0 && static_cast<size_t>(index) < values.size() ? values[static_cast<size_t>(index)] : nullptr;
}

bool reads_any_of(const ILayer& layer, const std::unordered_set<const ILayer*>& producers) {
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    const ITensor* input = layer.getInput(i);
    if (input != nullptr && producers.count(input->producer()) != 0) {
      return true;
    }
  }
  return false;
}

}  // namespace

INetworkDefinition::INetworkDefinition() = default;

INetworkDefinition::~INetworkDefinition() {
  // Destroy readers before the tensors that they read.
  while (!layers_.empty()) {
    layers_.pop_back();
  }
}

void INetworkDefinition::markOutput(ITensor& tensor) {
  if (tensor.producer()->network() != this) {
    TORCHTRT_THROW_ERROR("tensor \"" << tensor.getName() << "\" of " << describe(*tensor.producer())
                                     << " is not in this network and cannot be its output");
  }
  if (!tensor.is_output_) {
    tensor.is_output_ = true;
    outputs_.push_back(&tensor);
  }
}

void INetworkDefinition::unmarkOutput(ITensor& tensor) {
  tensor.is_output_ = false;
  outputs_.erase(std::remove(outputs_.begin(), outputs_.end(), &tensor), outputs_.end());
}

ILayer* INetworkDefinition::getLayer(int32_t index) const {
  return index >= 0 && index < getNbLayers() ? layers_[static_cast<size_t>(index)].get() : nullptr;
}

ITensor* INetworkDefinition::getInput(int32_t index) const { return at_or_null(inputs_, index); }
ITensor* INetworkDefinition::getOutput(int32_t index) const { return at_or_null(outputs_, index); }

void INetworkDefinition::keep_alive(std::shared_ptr<const void> resource) { resources_.push_back(std::move(resource)); }

void* INetworkDefinition::allocate(int64_t bytes) {
  if (bytes < 0) {
    TORCHTRT_THROW_ERROR("cannot allocate " << bytes << " bytes for weights");
  }
  auto block = aligned_block(bytes);
  void* memory = block.get();
  keep_alive(std::move(block));
  return memory;
}

Weights INetworkDefinition::own(DataType type, const void* values, int64_t count) {
  Weights weights{type, nullptr, count};
  void* memory = allocate(weights.bytes());
  if (count > 0) {
    std::memcpy(memory, values, static_cast<size_t>(weights.bytes()));
  }
  weights.values = memory;
  return weights;
}

std::shared_ptr<const void> INetworkDefinition::take(const void* block) {
  const auto same = [&](const std::shared_ptr<const void>& resource) { return resource.get() == block; };
  const auto found = std::find_if(resources_.begin(), resources_.end(), same);
  if (found == resources_.end()) {
    return nullptr;
  }
  auto taken = std::move(*found);
  resources_.erase(found);
  return taken;
}

ILayer* INetworkDefinition::add_layer(std::unique_ptr<ILayer> layer, ILayer* position) {
  TORCHTRT_ASSERT(layer != nullptr && layer->network_ == nullptr, "a layer is added to one network once");
  auto where = layers_.end();
  if (position != nullptr) {
    where = layers_.begin() + static_cast<std::ptrdiff_t>(index_of(*position));
  }
  layer->network_ = this;
  ILayer* added = layers_.insert(where, std::move(layer))->get();
  if (added->getType() == LayerType::kINPUT) {
    inputs_.push_back(added->getOutput(0));
  }
  return added;
}

// Removes a layer without readers.
void INetworkDefinition::forget(ILayer& layer) {
  const auto index = static_cast<std::ptrdiff_t>(index_of(layer));
  for (const auto& output : layer.outputs_) {
    unmarkOutput(*output);
    inputs_.erase(std::remove(inputs_.begin(), inputs_.end(), output.get()), inputs_.end());
  }
  layers_.erase(layers_.begin() + index);
}

// Searches from the end, where networks grow.
size_t INetworkDefinition::index_of(const ILayer& layer) const {
  for (size_t i = layers_.size(); i-- > 0;) {
    if (layers_[i].get() == &layer) {
      return i;
    }
  }
  TORCHTRT_THROW_ERROR(describe(layer) << " is not in this network");
}

// Called before `layer` gets a tensor of `producer` as an input: moves `layer` behind `producer`.
void INetworkDefinition::restore_order(ILayer& layer, const ILayer& producer) {
  size_t last = layers_.size();
  while (last > 0 && layers_[last - 1].get() != &layer && layers_[last - 1].get() != &producer) {
    --last;
  }
  TORCHTRT_ASSERT(last > 0, "neither layer is in the network");
  if (&layer != &producer && layers_[last - 1].get() == &layer) {
    return;
  }
  std::unordered_set<const ILayer*> moved{&layer};
  const size_t first = index_of(layer);
  for (size_t i = first; i < last; ++i) {
    if (reads_any_of(*layers_[i], moved)) {
      moved.insert(layers_[i].get());
    }
  }
  if (moved.count(&producer) != 0) {
    TORCHTRT_THROW_ERROR(describe(layer) << ": cannot read " << describe(producer) << ", which depends on it");
  }
  std::stable_partition(layers_.begin() + static_cast<std::ptrdiff_t>(first),
                        layers_.begin() + static_cast<std::ptrdiff_t>(last),
                        [&](const std::unique_ptr<ILayer>& each) { return moved.count(each.get()) == 0; });
}

namespace {

using TensorMap = std::unordered_map<const ITensor*, ITensor*>;

void copy_description(const ILayer& from, ILayer& to) {
  to.setName(from.getName());
  to.set_source(from.source());
  to.setMetadata(from.getMetadata());
  if (from.precision()) {
    to.setPrecision(*from.precision());
  }
}

void copy_edges(const ILayer& from, ILayer& to, TensorMap* copies) {
  for (int32_t i = 0; i < from.getNbInputs(); ++i) {
    if (from.getInput(i) != nullptr) {
      to.setInput(i, *copies->at(from.getInput(i)));
    }
  }
  for (int32_t i = 0; i < from.getNbOutputs(); ++i) {
    to.getOutput(i)->setName(from.getOutput(i)->getName());
    to.getOutput(i)->set_format(from.getOutput(i)->format());
    (*copies)[from.getOutput(i)] = to.getOutput(i);
  }
}

}  // namespace

std::unique_ptr<INetworkDefinition> INetworkDefinition::clone() const {
  auto copy = std::make_unique<INetworkDefinition>();
  copy->name_ = name_;
  copy->profiles_ = profiles_;
  copy->resources_ = resources_;
  TensorMap copies;
  for (const auto& layer : layers_) {
    ILayer* added = copy->add_layer(make_layer(layer->getType()));
    copy_description(*layer, *added);
    copy_attributes(*layer, *added);
    copy_edges(*layer, *added, &copies);
  }
  // In the order of addition, which may differ from the order of the layers.
  copy->inputs_.clear();
  for (const ITensor* input : inputs_) {
    copy->inputs_.push_back(copies.at(input));
  }
  for (const ITensor* output : outputs_) {
    copy->markOutput(*copies.at(output));
  }
  return copy;
}

}  // namespace torch_tensorrt::network
