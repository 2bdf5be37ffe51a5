#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/network/layer.h"
#include "torch_tensorrt/core/network/layers.h"

namespace torch_tensorrt::network {

// Range of one network input: its smallest, most usual and largest dims.
struct ProfileRange {
  Dims min;
  Dims opt;
  Dims max;
  // Elements of an input that is used as a shape, at the same three points; empty if no range is given.
  std::vector<int64_t> min_values = {};
  std::vector<int64_t> opt_values = {};
  std::vector<int64_t> max_values = {};
};
// One entry for each input, by name.
using Profile = std::map<std::string, ProfileRange>;

// A typed graph of layers in topological order: a layer reads only tensors of layers before it. Built by the add
// functions, which have nvinfer1's names and meaning, and throw Error with the reason (nvinfer1 returns null) if the
// arguments can never fit. Owns its layers, which own their output tensors. Not thread-safe.
class INetworkDefinition {
 public:
  INetworkDefinition();
  ~INetworkDefinition();
  INetworkDefinition(const INetworkDefinition&) = delete;
  INetworkDefinition& operator=(const INetworkDefinition&) = delete;

  // ---- building --------------------------------------------------------------------------------------------------
  ITensor* addInput(const char* name, DataType type, const Dims& dimensions);
  void markOutput(ITensor& tensor);
  void unmarkOutput(ITensor& tensor);
  IConstantLayer* addConstant(const Dims& dimensions, const Weights& weights);
  IConvolutionLayer* addConvolutionNd(ITensor& input, int64_t output_maps, const Dims& kernel_size,
                                      const Weights& kernel, const Weights& bias);
  IDeconvolutionLayer* addDeconvolutionNd(ITensor& input, int64_t output_maps, const Dims& kernel_size,
                                          const Weights& kernel, const Weights& bias);
  IPoolingLayer* addPoolingNd(ITensor& input, PoolingType type, const Dims& window_size);
  IActivationLayer* addActivation(ITensor& input, ActivationType type);
  IElementWiseLayer* addElementWise(ITensor& a, ITensor& b, ElementWiseOperation operation);
  IUnaryLayer* addUnary(ITensor& input, UnaryOperation operation);
  IScaleLayer* addScale(ITensor& input, ScaleMode mode, const Weights& shift, const Weights& scale,
                        const Weights& power);
  IScaleLayer* addScaleNd(ITensor& input, ScaleMode mode, const Weights& shift, const Weights& scale,
                          const Weights& power, int64_t channel_axis);
  IReduceLayer* addReduce(ITensor& input, ReduceOperation operation, uint32_t axes, bool keep_dimensions);
  IMatrixMultiplyLayer* addMatrixMultiply(ITensor& a, MatrixOperation op_a, ITensor& b, MatrixOperation op_b);
  ISoftMaxLayer* addSoftMax(ITensor& input);
  IShuffleLayer* addShuffle(ITensor& input);
  IConcatenationLayer* addConcatenation(ITensor* const* inputs, int32_t count);
  ISliceLayer* addSlice(ITensor& input, const Dims& start, const Dims& size, const Dims& stride);
  IShapeLayer* addShape(ITensor& input);
  IGatherLayer* addGather(ITensor& data, ITensor& indices, int32_t axis);
  IGatherLayer* addGatherV2(ITensor& data, ITensor& indices, GatherMode mode);
  ISelectLayer* addSelect(ITensor& condition, ITensor& then_input, ITensor& else_input);
  ICastLayer* addCast(ITensor& input, DataType to_type);
  IIdentityLayer* addIdentity(ITensor& input);
  // A null scale or bias means none.
  INormalizationLayer* addNormalization(ITensor& input, ITensor* scale, ITensor* bias, uint32_t axes);
  INormalizationLayer* addNormalization(ITensor& input, ITensor& scale, ITensor& bias, uint32_t axes) {
    return addNormalization(input, &scale, &bias, axes);
  }
  IResizeLayer* addResize(ITensor& input);
  ITopKLayer* addTopK(ITensor& input, TopKOperation operation, int64_t k, uint32_t axes);
  // nvinfer1 takes the axis as a tensor, and has modes that are missing here.
  ICumulativeLayer* addCumulative(ITensor& input, CumulativeOperation operation, int32_t axis);
  IScatterLayer* addScatter(ITensor& data, ITensor& indices, ITensor& updates, ScatterMode mode);
  IGridSampleLayer* addGridSample(ITensor& input, ITensor& grid);
  IAttentionLayer* addAttention(ITensor& query, ITensor& key, ITensor& value);
  INonZeroLayer* addNonZero(ITensor& input);
  // Set its weights, or make them inputs, afterwards.
  IRecurrentLayer* addRecurrent(ITensor& input, RecurrentCell cell, int64_t hidden_size);

  // The scale is a constant. See IQuantizeLayer.
  IQuantizeLayer* addQuantize(ITensor& input, ITensor& scale, DataType type = DataType::kINT8);
  IDequantizeLayer* addDequantize(ITensor& input, ITensor& scale, DataType type = DataType::kFLOAT);

  // ---- looking ---------------------------------------------------------------------------------------------------
  int32_t getNbLayers() const { return static_cast<int32_t>(layers_.size()); }  // input layers count too
  ILayer* getLayer(int32_t index) const;
  int32_t getNbInputs() const { return static_cast<int32_t>(inputs_.size()); }
  ITensor* getInput(int32_t index) const;
  int32_t getNbOutputs() const { return static_cast<int32_t>(outputs_.size()); }
  ITensor* getOutput(int32_t index) const;
  const std::vector<std::unique_ptr<ILayer>>& layers() const { return layers_; }
  const std::vector<ITensor*>& inputs() const { return inputs_; }
  const std::vector<ITensor*>& outputs() const { return outputs_; }
  void setName(const char* name) { name_ = name != nullptr ? name : ""; }
  const char* getName() const { return name_.c_str(); }

  // Ranges of dynamic inputs; empty when every input is static.
  std::vector<Profile>& profiles() { return profiles_; }
  const std::vector<Profile>& profiles() const { return profiles_; }

  // ---- memory of weights -----------------------------------------------------------------------------------------
  // Keeps the resource (any owner of the memory of some weights) alive as long as the network.
  void keep_alive(std::shared_ptr<const void> resource);
  // Returns a 64-byte aligned block that lives as long as the network.
  void* allocate(int64_t bytes);
  // Returns a copy that lives as long as the network.
  Weights own(DataType type, const void* values, int64_t count);
  // Gives away a block of allocate() or own(): it lives as long as the returned pointer. Null for any other memory.
  std::shared_ptr<const void> take(const void* block);

  // Called for every layer right after an add function has made it; used to name layers after the current node.
  void set_layer_hook(std::function<void(ILayer&)> hook) { hook_ = std::move(hook); }

  // Adds any layer, without inputs: for the parser, the plan and passes. Appends it, or inserts it before `position`.
  ILayer* add_layer(std::unique_ptr<ILayer> layer, ILayer* position = nullptr);
  std::unique_ptr<INetworkDefinition> clone() const;  // shares the weights' memory

 private:
  friend class ILayer;
  friend class Rewriter;
  template <typename L>
  L* connect_new(std::unique_ptr<L> layer, std::initializer_list<ITensor*> inputs, bool check);
  template <typename L, typename... Args>
  L* add(std::initializer_list<ITensor*> inputs, Args&&... args);
  template <typename L, typename... Args>
  L* add_checked(std::initializer_list<ITensor*> inputs, Args&&... args);
  void finish(ILayer& layer);
  void forget(ILayer& layer);
  size_t index_of(const ILayer& layer) const;
  void restore_order(ILayer& layer, const ILayer& producer);

  std::string name_;
  std::vector<std::unique_ptr<ILayer>> layers_;
  std::vector<ITensor*> inputs_;
  std::vector<ITensor*> outputs_;
  std::vector<Profile> profiles_;
  std::vector<std::shared_ptr<const void>> resources_;
  std::function<void(ILayer&)> hook_;
};

// Makes a layer of the given kind with default attributes, for an AttributeVisitor to fill.
std::unique_ptr<ILayer> make_layer(LayerType type);

// Checked downcast: null when the layer is of another kind (or null).
template <typename L>
L* layer_cast(ILayer* layer) {
  return layer != nullptr && layer->getType() == L::kType ? static_cast<L*>(layer) : nullptr;
}
template <typename L>
const L* layer_cast(const ILayer* layer) {
  return layer != nullptr && layer->getType() == L::kType ? static_cast<const L*>(layer) : nullptr;
}

}  // namespace torch_tensorrt::network
