#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "torch_tensorrt/core/network/attributes.h"
#include "torch_tensorrt/core/network/tensor.h"

namespace torch_tensorrt::network {

struct HostTensor;     // host/evaluate.h
struct MutableTensor;  // host/evaluate.h
struct SizeFactors;    // shapes/dim_origin.h
struct Interval;       // shapes/value_range.h
class ValueRanges;     // shapes/value_range.h

// Description of one input for inference. `value` is null unless the input is a shape computation. `present` is false
// for an optional input that is not given; its other fields are then meaningless.
struct InferInput {
  TensorType type;
  const ShapeValue* value = nullptr;
  bool present = true;
};

// A dimension of one of a layer's inputs; input -1: none.
struct InputDim {
  int32_t input = -1;
  int32_t axis = 0;
};

// An element of a tensor; a null tensor: none.
struct ElementSource {
  const ITensor* tensor = nullptr;
  int64_t element = 0;
};

// Effect of a window on the size of a dimension: size -> (size + surplus) / step + 1, rounded down, or the inverse.
struct WindowEffect {
  bool is_inverse = false;
  int64_t step = 1;
  int64_t surplus = 0;  // paddings minus the extent of the window
  bool keeps_size() const { return step == 1 && surplus == -1; }
};
bool operator==(const WindowEffect& a, const WindowEffect& b);

// How a layer treats the format of its tensors.
enum class FormatRole {
  kAnchor,      // much faster in the activation format; brings it into the network
  kAgnostic,    // runs in any format that its inputs have
  kLinear,      // reads and writes row-major tensors
  kIndifferent  // reads no elements, or sets its formats itself (inputs, constants, reorders)
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
  virtual void setOutputType(int32_t index, DataType type);

  // Returns dtype and dims of every output. Throws Error with the reason and both values if the inputs or attributes do
  // not fit; the caller adds the layer's name.
  virtual std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const = 0;
  // Elements of output 0 if it is a shape computation (shape arithmetic on small integer tensors).
  virtual std::optional<ShapeValue> infer_value(const std::vector<InferInput>& inputs,
                                                const std::vector<TensorType>& outputs) const;
  // Visits every attribute, in the order of the text form.
  virtual void visit_attributes(AttributeVisitor& visitor) = 0;

  // ---- facts of the kind -------------------------------------------------------------------------------------------
  // Passes and shape arithmetic ask for these facts and keep no tables of kinds. The defaults say that all inputs are
  // required and none holds sizes, that the shapes of the inputs decide those of the outputs, and claim nothing else.

  // Inputs 1 to this one may be set in any order; missing ones stay null.
  virtual int32_t optional_inputs() const { return 0; }
  // Whether elements of the input are sizes, starts or steps of dimensions.
  virtual bool reads_dims(int32_t /*input*/) const { return false; }
  // The input that holds the dims of output 0; null if the layer has no such input.
  virtual const ITensor* size_input() const { return nullptr; }
  // Whether the dims that infer() leaves unknown are late sizes. Each is then at most the volume of input 0.
  virtual bool sizes_depend_on_data() const { return false; }

  // The input dimension that equals the output's dimension in every run.
  virtual InputDim kept_dim(int32_t /*output*/, int32_t /*axis*/) const { return {}; }
  // Effect on the dimension, from the same dimension of input 0; empty if the layer has no window over it, or paddings
  // that depend on the size.
  virtual std::optional<WindowEffect> window_effect(int32_t axis) const;
  // The size of an unknown dimension of output 0 as a product; empty if no other sizes are known to make it up.
  virtual std::optional<SizeFactors> dim_factors(int32_t axis) const;

  // The following describe an element of output 0 in a shape computation.

  // The input dimension whose size the element is.
  virtual InputDim measured_dim(int64_t /*element*/) const { return {}; }
  // The input element that was moved there; none if the element is computed, or is the layer's own.
  virtual ElementSource element_source(int64_t /*element*/) const { return {}; }
  // The input elements whose product the element is; empty if it is computed in another way.
  virtual std::vector<ElementSource> element_factors(int64_t element) const;
  // Bounds of the element.
  virtual Interval range_of(int64_t element, ValueRanges& ranges) const;

  // Whether output 0 equals input 0 in every run: elements, dims and dtype.
  virtual bool does_nothing() const { return false; }

  // Role for a format other than kLINEAR. Decided by the attributes and ranks, before any tactic is asked, for a layer
  // whose input 0 has channels (has_channels).
  virtual FormatRole format_role() const { return FormatRole::kLinear; }
  // Whether the input shares the format of the result. Other inputs (kernels, indices, sizes, scales of a
  // normalization) are row-major, and so are all constants.
  virtual bool carries_format(int32_t input) const { return input == 0; }
  // Whether the layer reads input 0 in the format as well as in row-major order, because no element would move: a
  // reshape of N, C, 1, 1, or the transpose that makes channels-last memory row-major.
  virtual bool reads_in_place(TensorFormat /*format*/) const { return false; }
  // Whether a layer that reads row-major tensors gives its result in the format because no element moves: the transpose
  // of N, H, W, C to N, C, H, W gives channels-last memory.
  virtual bool writes_in_place(TensorFormat /*format*/) const { return false; }

  // Whether the layer may compute in f16 or bf16 instead of f32. Its kernels then accumulate in f32: its result has the
  // errors of rounded inputs and of a rounded output, and of a rounded result of each operation of the epilogue.
  virtual bool may_round() const { return false; }

  // Whether evaluate() is defined.
  virtual bool can_be_evaluated() const { return false; }
  // Computes output 0 on the host, without the epilogue. The inputs are in the layer's order (an absent optional one
  // has no data), the type of the output is inferred from them, and its memory is allocated. See evaluate_layer().
  virtual void evaluate(const std::vector<HostTensor>& inputs, const MutableTensor& output) const;

  // Fused operations on the result; empty unless the optimizer added some. Their inputs stand behind the layer's own.
  const Epilogue& epilogue() const { return epilogue_; }
  // Number of the layer's own inputs, without those that the epilogue reads.
  int32_t own_input_count() const;

  INetworkDefinition* network() const { return network_; }

 protected:
  explicit ILayer(LayerType type, int32_t output_count = 1);
  // Every setter calls this: forgets the inferred types of the outputs, and of all tensors that follow from them.
  void invalidate();
  // For format_role().
  static FormatRole role_if(bool holds, FormatRole role) { return holds ? role : FormatRole::kLinear; }

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
