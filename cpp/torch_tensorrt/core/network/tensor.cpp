#include "torch_tensorrt/core/network/tensor.h"

#include <algorithm>

#include "torch_tensorrt/core/network/layers/basic.h"
#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/network/shapes/shape_inference.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

IInputLayer& input_layer_of(const ITensor& tensor, const char* wanted) {
  auto* layer = layer_cast<IInputLayer>(tensor.producer());
  if (layer == nullptr) {
    TORCHTRT_THROW_ERROR("cannot set the " << wanted << " of tensor \"" << tensor.getName() << "\" of "
                                           << describe(*tensor.producer())
                                           << ": it is inferred; only those of network inputs can be set");
  }
  return *layer;
}

}  // namespace

bool operator==(const TensorType& a, const TensorType& b) { return a.dtype == b.dtype && a.dims == b.dims; }

bool ShapeValue::is_known() const { return std::find(elements.begin(), elements.end(), kUnknown) == elements.end(); }

void ITensor::setName(const char* name) { name_ = name != nullptr ? name : ""; }

DataType ITensor::getType() const {
  infer();
  return type_.dtype;
}

Dims ITensor::getDimensions() const {
  infer();
  return type_.dims;
}

const std::optional<ShapeValue>& ITensor::shape_value() const {
  infer();
  return shape_value_;
}

void ITensor::setDimensions(const Dims& dims) {
  IInputLayer& layer = input_layer_of(*this, "dimensions");
  layer.set_type({layer.type().dtype, dims});
}

void ITensor::setType(DataType type) {
  IInputLayer& layer = input_layer_of(*this, "data type");
  layer.set_type({type, layer.type().dims});
}

bool has_channels(const ITensor& tensor) { return tensor.getDimensions().nbDims >= kFirstRankWithChannels; }

bool ITensor::isNetworkInput() const { return producer_->getType() == LayerType::kINPUT; }

// Walks through the producers with an explicit stack: a network may be deeper than the call stack.
void ITensor::infer() const {
  if (inferred_) {
    return;
  }
  std::vector<const ILayer*> waiting{producer_};
  while (!waiting.empty()) {
    const ILayer* layer = waiting.back();
    const size_t before = waiting.size();
    for (int32_t i = 0; i < layer->getNbInputs(); ++i) {
      const ITensor* input = layer->getInput(i);
      if (input != nullptr && !input->inferred_) {
        waiting.push_back(input->producer_);
      }
    }
    if (waiting.size() == before) {
      infer_outputs(*layer);
      waiting.pop_back();
    }
  }
}

// Requires that all inputs of the layer are inferred.
void ITensor::infer_outputs(const ILayer& layer) {
  if (layer.getOutput(0)->inferred_) {
    return;
  }
  std::vector<InferInput> inputs(static_cast<size_t>(layer.getNbInputs()));
  for (size_t i = 0; i < inputs.size(); ++i) {
    const ITensor* input = layer.getInput(static_cast<int32_t>(i));
    inputs[i].present = input != nullptr;
    if (input != nullptr) {
      inputs[i].type = input->type_;
      inputs[i].value = input->shape_value_ ? &*input->shape_value_ : nullptr;
    }
  }
  std::vector<InferredTensor> outputs = infer_layer(layer, inputs);
  for (size_t i = 0; i < outputs.size(); ++i) {
    ITensor& output = *layer.getOutput(static_cast<int32_t>(i));
    output.type_ = outputs[i].type;
    output.shape_value_ = std::move(outputs[i].value);
    output.inferred_ = true;
  }
}

}  // namespace torch_tensorrt::network
