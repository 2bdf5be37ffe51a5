#include <unordered_map>

#include "torch_tensorrt/core/network/attribute_copy.h"
#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::network {
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
  // In the order of addition, which need not be that of the layers.
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
