#include "torch_tensorrt/core/network/layer.h"

#include <algorithm>

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/host/evaluate.h"
#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/network/shapes/value_range.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

void remove_one(std::vector<ILayer*>& consumers, const ILayer* layer) {
  const auto found = std::find(consumers.begin(), consumers.end(), layer);
  if (found != consumers.end()) {
    consumers.erase(found);
  }
}

}  // namespace

ILayer::ILayer(LayerType type, int32_t output_count) : type_(type) {
  for (int32_t i = 0; i < output_count; ++i) {
    outputs_.push_back(std::make_unique<ITensor>(this, i));
  }
}

ILayer::~ILayer() {
  detach_inputs();
  for (const auto& output : outputs_) {
    for (ILayer* consumer : output->consumers_) {
      std::replace(consumer->inputs_.begin(), consumer->inputs_.end(), output.get(), static_cast<ITensor*>(nullptr));
    }
  }
}

ITensor* ILayer::getInput(int32_t index) const {
  return index >= 0 && index < getNbInputs() ? inputs_[static_cast<size_t>(index)] : nullptr;
}

ITensor* ILayer::getOutput(int32_t index) const {
  return index >= 0 && index < getNbOutputs() ? outputs_[static_cast<size_t>(index)].get() : nullptr;
}

void ILayer::setInput(int32_t index, ITensor& tensor) {
  if (index < 0 || index > std::max(getNbInputs(), optional_inputs())) {
    TORCHTRT_THROW_ERROR(describe(*this) << ": input " << index << " cannot be set, the layer has " << getNbInputs()
                                         << " inputs");
  }
  if (network_ == nullptr || tensor.producer()->network() != network_) {
    TORCHTRT_THROW_ERROR(describe(*this) << ": input " << index << " is tensor \"" << tensor.getName() << "\" of "
                                         << describe(*tensor.producer()) << ", which is not in the same network");
  }
  network_->restore_order(*this, *tensor.producer());
  connect(index, &tensor);
}

// Updates the layer's inputs and the tensor's consumers; a null tensor leaves a hole.
void ILayer::connect(int32_t index, ITensor* tensor) {
  const auto slot = static_cast<size_t>(index);
  if (slot >= inputs_.size()) {
    inputs_.resize(slot + 1, nullptr);
  }
  if (inputs_[slot] != nullptr) {
    remove_one(inputs_[slot]->consumers_, this);
  }
  inputs_[slot] = tensor;
  if (tensor != nullptr) {
    tensor->consumers_.push_back(this);
  }
  invalidate();
}

void ILayer::detach_inputs() {
  for (ITensor* input : inputs_) {
    if (input != nullptr) {
      remove_one(input->consumers_, this);
    }
  }
  inputs_.clear();
}

void ILayer::setOutputType(int32_t index, DataType type) {
  const ITensor* output = getOutput(index);
  if (output == nullptr) {
    TORCHTRT_THROW_ERROR(describe(*this) << ": has no output " << index << ", it has " << getNbOutputs());
  }
  if (output->getType() != type) {
    TORCHTRT_THROW_ERROR(describe(*this) << ": output " << index << " is " << enum_name(output->getType())
                                         << ", which follows from the inputs and cannot be set to " << enum_name(type)
                                         << "; add a cast (addCast) behind the layer");
  }
}

std::optional<ShapeValue> ILayer::infer_value(const std::vector<InferInput>& /*inputs*/,
                                              const std::vector<TensorType>& /*outputs*/) const {
  return std::nullopt;
}

std::optional<WindowEffect> ILayer::window_effect(int32_t /*axis*/) const { return std::nullopt; }

std::optional<SizeFactors> ILayer::dim_factors(int32_t /*axis*/) const { return std::nullopt; }

std::vector<ElementSource> ILayer::element_factors(int64_t element) const {
  const ElementSource source = element_source(element);
  return source.tensor != nullptr ? std::vector<ElementSource>{source} : std::vector<ElementSource>{};
}

Interval ILayer::range_of(int64_t element, ValueRanges& ranges) const {
  const InputDim measured = measured_dim(element);
  if (measured.input >= 0) return ranges.of_dim(*getInput(measured.input), measured.axis);
  const ElementSource source = element_source(element);
  return source.tensor != nullptr ? ranges.of_element(*source.tensor, source.element) : everything();
}

void ILayer::evaluate(const std::vector<HostTensor>& /*inputs*/, const MutableTensor& /*output*/) const {
  TORCHTRT_THROW_ERROR(describe(*this) << ": is not evaluated on the host");
}

bool operator==(const WindowEffect& a, const WindowEffect& b) {
  return a.is_inverse == b.is_inverse && a.step == b.step && a.surplus == b.surplus;
}

int32_t ILayer::own_input_count() const {
  int32_t count = getNbInputs();
  for (const EpilogueOp& op : epilogue_) {
    if (op.reads_input()) {
      count = std::min(count, std::max(op.input, 0));
    }
  }
  return count;
}

// Stops at tensors that are not inferred: their readers are not inferred either.
void ILayer::invalidate() {
  std::vector<ILayer*> waiting{this};
  while (!waiting.empty()) {
    const ILayer* layer = waiting.back();
    waiting.pop_back();
    for (const auto& output : layer->outputs_) {
      if (output->inferred_) {
        output->inferred_ = false;
        waiting.insert(waiting.end(), output->consumers_.begin(), output->consumers_.end());
      }
    }
  }
}

void read_attributes(const ILayer& layer, AttributeVisitor& visitor) {
  // visit_attributes also serves writing visitors and so is not const. A reading visitor assigns nothing.
  const_cast<ILayer&>(layer).visit_attributes(visitor);
}

void write_attributes(ILayer& layer, AttributeVisitor& visitor) {
  layer.invalidate();
  layer.visit_attributes(visitor);
}

std::string describe(const ILayer& layer) {
  std::string text = enum_name(layer.getType());
  if (*layer.getName() != '\0') {
    text += str(" \"", layer.getName(), "\"");
  }
  if (!layer.source().empty()) {
    text += " (" + layer.source() + ")";
  }
  return text;
}

namespace {

template <typename... Kinds>
std::unique_ptr<ILayer> make(LayerType type, LayerKinds<Kinds...> /*kinds*/) {
  static_assert(sizeof...(Kinds) == kLayerTypeCount, "every layer kind is in the list");
  std::unique_ptr<ILayer> made;
  ((Kinds::kType == type ? void(made = std::make_unique<Kinds>()) : void()), ...);
  return made;
}

}  // namespace

std::unique_ptr<ILayer> make_layer(LayerType type) {
  std::unique_ptr<ILayer> made = make(type, AllLayerKinds{});
  if (made == nullptr) TORCHTRT_THROW_ERROR("layer kind " << static_cast<int32_t>(type) << " does not exist");
  return made;
}

}  // namespace torch_tensorrt::network
