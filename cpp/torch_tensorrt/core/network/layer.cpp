#include "torch_tensorrt/core/network/layer.h"

#include <algorithm>

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/layers/basic.h"
#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

struct OptionalInputs {
  LayerType type;
  int32_t last;  // largest index that may be set while lower inputs are missing
};
constexpr OptionalInputs kOptionalInputs[] = {
    {LayerType::kCONVOLUTION, 2}, {LayerType::kDECONVOLUTION, 2}, {LayerType::kSHUFFLE, 1},
    {LayerType::kRESIZE, 1},      {LayerType::kSLICE, 4},         {LayerType::kRECURRENT, 8},
};

int32_t last_optional_input(LayerType type) {
  for (const OptionalInputs& row : kOptionalInputs) {
    if (row.type == type) {
      return row.last;
    }
  }
  return -1;
}

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
  if (index < 0 || index > std::max(getNbInputs(), last_optional_input(type_))) {
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
  if (auto* cast = layer_cast<ICastLayer>(this)) {
    cast->setToType(type);
    return;
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

int32_t ILayer::own_input_count() const {
  int32_t count = getNbInputs();
  for (const EpilogueOp& op : epilogue_) {
    if (op.kind == EpilogueOp::Kind::kElementWise) {
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

using Maker = std::unique_ptr<ILayer> (*)();

struct Row {
  LayerType type;
  Maker make;
};

constexpr Row kMakers[] = {
    {LayerType::kINPUT, [] { return std::unique_ptr<ILayer>(new IInputLayer(TensorType{})); }},
    {LayerType::kCONSTANT, [] { return std::unique_ptr<ILayer>(new IConstantLayer({}, {})); }},
    {LayerType::kCONVOLUTION, [] { return std::unique_ptr<ILayer>(new IConvolutionLayer(0, {}, {}, {})); }},
    {LayerType::kDECONVOLUTION, [] { return std::unique_ptr<ILayer>(new IDeconvolutionLayer(0, {}, {}, {})); }},
    {LayerType::kPOOLING, [] { return std::unique_ptr<ILayer>(new IPoolingLayer(PoolingType::kMAX, {})); }},
    {LayerType::kACTIVATION, [] { return std::unique_ptr<ILayer>(new IActivationLayer(ActivationType::kRELU)); }},
    {LayerType::kELEMENTWISE,
     [] { return std::unique_ptr<ILayer>(new IElementWiseLayer(ElementWiseOperation::kSUM)); }},
    {LayerType::kUNARY, [] { return std::unique_ptr<ILayer>(new IUnaryLayer(UnaryOperation::kEXP)); }},
    {LayerType::kSCALE, [] { return std::unique_ptr<ILayer>(new IScaleLayer(ScaleMode::kUNIFORM, {}, {}, {})); }},
    {LayerType::kREDUCE, [] { return std::unique_ptr<ILayer>(new IReduceLayer(ReduceOperation::kSUM, 0, false)); }},
    {LayerType::kMATRIX_MULTIPLY,
     [] { return std::unique_ptr<ILayer>(new IMatrixMultiplyLayer(MatrixOperation::kNONE, MatrixOperation::kNONE)); }},
    {LayerType::kSOFTMAX, [] { return std::unique_ptr<ILayer>(new ISoftMaxLayer(1)); }},
    {LayerType::kSHUFFLE, [] { return std::unique_ptr<ILayer>(new IShuffleLayer()); }},
    {LayerType::kCONCATENATION, [] { return std::unique_ptr<ILayer>(new IConcatenationLayer()); }},
    {LayerType::kSLICE, [] { return std::unique_ptr<ILayer>(new ISliceLayer({}, {}, {})); }},
    {LayerType::kSHAPE, [] { return std::unique_ptr<ILayer>(new IShapeLayer()); }},
    {LayerType::kGATHER, [] { return std::unique_ptr<ILayer>(new IGatherLayer(GatherMode::kDEFAULT)); }},
    {LayerType::kSELECT, [] { return std::unique_ptr<ILayer>(new ISelectLayer()); }},
    {LayerType::kCAST, [] { return std::unique_ptr<ILayer>(new ICastLayer(DataType::kFLOAT)); }},
    {LayerType::kIDENTITY, [] { return std::unique_ptr<ILayer>(new IIdentityLayer()); }},
    {LayerType::kNORMALIZATION, [] { return std::unique_ptr<ILayer>(new INormalizationLayer(0)); }},
    {LayerType::kRESIZE, [] { return std::unique_ptr<ILayer>(new IResizeLayer()); }},
    {LayerType::kREFORMAT, [] { return std::unique_ptr<ILayer>(new IReformatLayer("")); }},
    {LayerType::kTOPK, [] { return std::unique_ptr<ILayer>(new ITopKLayer(TopKOperation::kMAX, 1, 1)); }},
    {LayerType::kCUMULATIVE,
     [] { return std::unique_ptr<ILayer>(new ICumulativeLayer(CumulativeOperation::kSUM, 0)); }},
    {LayerType::kSCATTER, [] { return std::unique_ptr<ILayer>(new IScatterLayer(ScatterMode::kELEMENT)); }},
    {LayerType::kGRID_SAMPLE, [] { return std::unique_ptr<ILayer>(new IGridSampleLayer()); }},
    {LayerType::kATTENTION, [] { return std::unique_ptr<ILayer>(new IAttentionLayer()); }},
    {LayerType::kNON_ZERO, [] { return std::unique_ptr<ILayer>(new INonZeroLayer()); }},
    {LayerType::kRECURRENT, [] { return std::unique_ptr<ILayer>(new IRecurrentLayer(RecurrentCell::kLSTM, 0)); }},
};
static_assert(sizeof(kMakers) / sizeof(Row) == kLayerTypeCount, "every layer kind has a row");

}  // namespace

std::unique_ptr<ILayer> make_layer(LayerType type) {
  for (const Row& row : kMakers) {
    if (row.type == type) {
      return row.make();
    }
  }
  TORCHTRT_THROW_ERROR("layer kind " << static_cast<int32_t>(type) << " does not exist");
}

}  // namespace torch_tensorrt::network
