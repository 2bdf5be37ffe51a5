#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "torch_tensorrt/core/network/attributes.h"
#include "torch_tensorrt/core/network/tensor.h"

namespace torch_tensorrt::network {

// Description of one input for inference. `value` is null unless the input is a shape computation. `present` is false
// for an optional input that is not given; its other fields are then meaningless.
struct InferInput {
  TensorType type;
  const ShapeValue* value = nullptr;
  bool present = true;
};

// One operation. Owned by its network. The same inference serves the network as written (dims may be -1) and a context
// that specializes to concrete shapes, so infer() never looks at the layer's own tensors.
class ILayer {
 public:
  virtual ~ILayer();
  ILayer(const ILayer&) = delete;
  ILayer& operator=(const ILayer&) = delete;

  LayerType getType() const { return type_; }
  void setName(const char* name) { name_ = name != nullptr ? name : ""; }
  const char* getName() const { return name_.c_str(); }
  // Place of the layer in the user's program ("model.py:42"), empty when unknown.
  void set_source(std::string source) { source_ = std::move(source); }
  const std::string& source() const { return source_; }
  void setMetadata(const char* metadata) { metadata_ = metadata != nullptr ? metadata : ""; }
  const char* getMetadata() const { return metadata_.c_str(); }

  int32_t getNbInputs() const { return static_cast<int32_t>(inputs_.size()); }
  // Null for an optional input that is not given, or an index out of range.
  ITensor* getInput(int32_t index) const;
  // Appends when index == getNbInputs(); optional inputs skipped by that stay null. Throws Error on an index that the
  // layer cannot have, on a tensor of another network, and if the layer would depend on itself.
  // A layer that stands before the tensor's producer moves right behind it, with all layers that follow from it.
  void setInput(int32_t index, ITensor& tensor);
  int32_t getNbOutputs() const { return static_cast<int32_t>(outputs_.size()); }
  ITensor* getOutput(int32_t index) const;  // null out of range

  // The dtype to compute in; the outputs' dtype is inferred. Kept for nvinfer1 converters.
  void setPrecision(DataType type) { precision_ = type; }
  std::optional<DataType> precision() const { return precision_; }
  void setOutputType(int32_t index, DataType type);

  // Returns dtype and dims of every output. Throws Error with the reason and both values if the inputs or attributes do
  // not fit; the caller adds the layer's name.
  virtual std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const = 0;
  // Elements of output 0 if it is a shape computation (shape arithmetic on small integer tensors).
  virtual std::optional<ShapeValue> infer_value(const std::vector<InferInput>& inputs,
                                                const std::vector<TensorType>& outputs) const;
  // Visits every attribute, in the order of the text form.
  virtual void visit_attributes(AttributeVisitor& visitor) = 0;

  // Fused operations on the result; empty unless the optimizer added some. Their inputs stand behind the layer's own.
  const Epilogue& epilogue() const { return epilogue_; }
  // Number of the layer's own inputs, without those that the epilogue reads.
  int32_t own_input_count() const;

  INetworkDefinition* network() const { return network_; }

 protected:
  explicit ILayer(LayerType type, int32_t output_count = 1);
  // Every setter calls this: forgets the inferred types of the outputs, and of all tensors that follow from them.
  void invalidate();

  Epilogue epilogue_;

 private:
  friend class INetworkDefinition;
  friend class Rewriter;
  friend void write_attributes(ILayer& layer, AttributeVisitor& visitor);
  void connect(int32_t index, ITensor* tensor);
  void detach_inputs();

  LayerType type_;
  INetworkDefinition* network_ = nullptr;
  std::string name_;
  std::string source_;
  std::string metadata_;
  std::optional<DataType> precision_;
  std::vector<ITensor*> inputs_;
  std::vector<std::unique_ptr<ITensor>> outputs_;
};

// For visitors that assign nothing; safe from many threads.
void read_attributes(const ILayer& layer, AttributeVisitor& visitor);
// For visitors that assign; forgets the inferred types of the outputs.
void write_attributes(ILayer& layer, AttributeVisitor& visitor);

// The layer for error texts: `convolution "conv1" (model.py:42)`.
std::string describe(const ILayer& layer);

}  // namespace torch_tensorrt::network
