// The add functions of INetworkDefinition. They reject arguments that no later setter can make right; inference and the
// verifier check the rest.
#include <algorithm>
#include <utility>

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

void check_spatial(const char* kind, const ITensor& input, const Dims& window, bool batch_is_optional) {
  const int32_t spatial = window.nbDims;
  if (spatial < 1 || spatial > 3) {
    TORCHTRT_THROW_ERROR(kind << ": the window " << to_string(window) << " has " << spatial
                              << " dimensions, must have 1, 2 or 3");
  }
  const int32_t rank = input.getDimensions().nbDims;
  if (rank != spatial + 2 && !(batch_is_optional && rank == spatial + 1)) {
    TORCHTRT_THROW_ERROR(kind << ": input " << to_string(input.getDimensions()) << " has " << rank
                              << " dimensions, must have " << spatial + 2 << " for the window " << to_string(window));
  }
}

void check_output_maps(const char* kind, int64_t maps) {
  if (maps <= 0) {
    TORCHTRT_THROW_ERROR(kind << ": number of output maps is " << maps << ", must be positive");
  }
}

void check_indices(const ITensor& indices) {
  const DataType type = indices.getType();
  if (type != DataType::kINT32 && type != DataType::kINT64) {
    TORCHTRT_THROW_ERROR("gather: indices are " << enum_name(type) << ", must be i32 or i64");
  }
}

}  // namespace

// Removes the layer again if its inputs do not fit.
template <typename L>
L* INetworkDefinition::connect_new(std::unique_ptr<L> layer, std::initializer_list<ITensor*> inputs, bool check) {
  auto* added = static_cast<L*>(add_layer(std::move(layer)));
  try {
    int32_t index = 0;
    for (ITensor* input : inputs) {
      added->setInput(index++, *input);
    }
    if (check) {
      added->getOutput(0)->getType();
    }
  } catch (...) {
    forget(*added);
    throw;
  }
  finish(*added);
  return added;
}

template <typename L, typename... Args>
L* INetworkDefinition::add(std::initializer_list<ITensor*> inputs, Args&&... args) {
  return connect_new(std::make_unique<L>(std::forward<Args>(args)...), inputs, /*check=*/false);
}

// For kinds that no later setter can make right: inference checks them at once.
template <typename L, typename... Args>
L* INetworkDefinition::add_checked(std::initializer_list<ITensor*> inputs, Args&&... args) {
  return connect_new(std::make_unique<L>(std::forward<Args>(args)...), inputs, /*check=*/true);
}

void INetworkDefinition::finish(ILayer& layer) {
  if (hook_) {
    hook_(layer);
  }
}

ITensor* INetworkDefinition::addInput(const char* name, DataType type, const Dims& dimensions) {
  const std::string text = name != nullptr ? name : "";
  for (const ITensor* input : inputs_) {
    if (!text.empty() && text == input->getName()) {
      TORCHTRT_THROW_ERROR("the network has an input \"" << text << "\" already; names of inputs must be unique");
    }
  }
  ITensor* tensor = add_checked<IInputLayer>({}, TensorType{type, dimensions})->getOutput(0);
  tensor->setName(text.c_str());
  return tensor;
}

IConstantLayer* INetworkDefinition::addConstant(const Dims& dimensions, const Weights& weights) {
  return add_checked<IConstantLayer>({}, dimensions, weights);
}

IConvolutionLayer* INetworkDefinition::addConvolutionNd(ITensor& input, int64_t output_maps, const Dims& kernel_size,
                                                        const Weights& kernel, const Weights& bias) {
  check_output_maps("convolution", output_maps);
  check_spatial("convolution", input, kernel_size, /*batch_is_optional=*/false);
  return add<IConvolutionLayer>({&input}, output_maps, kernel_size, kernel, bias);
}

IDeconvolutionLayer* INetworkDefinition::addDeconvolutionNd(ITensor& input, int64_t output_maps,
                                                            const Dims& kernel_size, const Weights& kernel,
                                                            const Weights& bias) {
  check_output_maps("deconvolution", output_maps);
  check_spatial("deconvolution", input, kernel_size, /*batch_is_optional=*/false);
  return add<IDeconvolutionLayer>({&input}, output_maps, kernel_size, kernel, bias);
}

IPoolingLayer* INetworkDefinition::addPoolingNd(ITensor& input, PoolingType type, const Dims& window_size) {
  check_spatial("pooling", input, window_size, /*batch_is_optional=*/true);
  return add<IPoolingLayer>({&input}, type, window_size);
}

IActivationLayer* INetworkDefinition::addActivation(ITensor& input, ActivationType type) {
  return add_checked<IActivationLayer>({&input}, type);
}

IElementWiseLayer* INetworkDefinition::addElementWise(ITensor& a, ITensor& b, ElementWiseOperation operation) {
  return add_checked<IElementWiseLayer>({&a, &b}, operation);
}

IUnaryLayer* INetworkDefinition::addUnary(ITensor& input, UnaryOperation operation) {
  return add_checked<IUnaryLayer>({&input}, operation);
}

IScaleLayer* INetworkDefinition::addScale(ITensor& input, ScaleMode mode, const Weights& shift, const Weights& scale,
                                          const Weights& power) {
  return add<IScaleLayer>({&input}, mode, shift, scale, power);
}

IScaleLayer* INetworkDefinition::addScaleNd(ITensor& input, ScaleMode mode, const Weights& shift, const Weights& scale,
                                            const Weights& power, int64_t channel_axis) {
  auto* layer = add<IScaleLayer>({&input}, mode, shift, scale, power);
  layer->setChannelAxis(channel_axis);
  return layer;
}

IReduceLayer* INetworkDefinition::addReduce(ITensor& input, ReduceOperation operation, uint32_t axes,
                                            bool keep_dimensions) {
  return add_checked<IReduceLayer>({&input}, operation, axes, keep_dimensions);
}

IMatrixMultiplyLayer* INetworkDefinition::addMatrixMultiply(ITensor& a, MatrixOperation op_a, ITensor& b,
                                                            MatrixOperation op_b) {
  return add_checked<IMatrixMultiplyLayer>({&a, &b}, op_a, op_b);
}

ISoftMaxLayer* INetworkDefinition::addSoftMax(ITensor& input) {
  // nvinfer1's default: the channels of an image, else the first dimension.
  const int32_t axis = std::max(0, input.getDimensions().nbDims - 3);
  return add_checked<ISoftMaxLayer>({&input}, uint32_t{1} << axis);
}

IShuffleLayer* INetworkDefinition::addShuffle(ITensor& input) { return add<IShuffleLayer>({&input}); }

IConcatenationLayer* INetworkDefinition::addConcatenation(ITensor* const* inputs, int32_t count) {
  if (count < 1) {
    TORCHTRT_THROW_ERROR("concatenation: has " << count << " inputs, needs at least 1");
  }
  for (int32_t i = 0; i < count; ++i) {
    if (inputs[i] == nullptr) {
      TORCHTRT_THROW_ERROR("concatenation: input " << i << " of " << count << " is null");
    }
  }
  auto* layer = add<IConcatenationLayer>({inputs[0]});
  for (int32_t i = 1; i < count; ++i) {
    layer->setInput(i, *inputs[i]);
  }
  return layer;
}

ISliceLayer* INetworkDefinition::addSlice(ITensor& input, const Dims& start, const Dims& size, const Dims& stride) {
  return add<ISliceLayer>({&input}, start, size, stride);
}

IShapeLayer* INetworkDefinition::addShape(ITensor& input) { return add_checked<IShapeLayer>({&input}); }

IGatherLayer* INetworkDefinition::addGather(ITensor& data, ITensor& indices, int32_t axis) {
  auto* layer = addGatherV2(data, indices, GatherMode::kDEFAULT);
  layer->setGatherAxis(axis);
  return layer;
}

IGatherLayer* INetworkDefinition::addGatherV2(ITensor& data, ITensor& indices, GatherMode mode) {
  check_indices(indices);
  return add<IGatherLayer>({&data, &indices}, mode);
}

ISelectLayer* INetworkDefinition::addSelect(ITensor& condition, ITensor& then_input, ITensor& else_input) {
  return add_checked<ISelectLayer>({&condition, &then_input, &else_input});
}

ICastLayer* INetworkDefinition::addCast(ITensor& input, DataType to_type) {
  return add_checked<ICastLayer>({&input}, to_type);
}

IIdentityLayer* INetworkDefinition::addIdentity(ITensor& input) { return add_checked<IIdentityLayer>({&input}); }

INormalizationLayer* INetworkDefinition::addNormalization(ITensor& input, ITensor* scale, ITensor* bias,
                                                          uint32_t axes) {
  auto* layer = add<INormalizationLayer>({&input}, axes);
  layer->setHasScale(scale != nullptr);
  layer->setHasBias(bias != nullptr);
  for (ITensor* weight : {scale, bias}) {
    if (weight != nullptr) {
      layer->setInput(layer->getNbInputs(), *weight);
    }
  }
  return layer;
}

IResizeLayer* INetworkDefinition::addResize(ITensor& input) { return add<IResizeLayer>({&input}); }

ITopKLayer* INetworkDefinition::addTopK(ITensor& input, TopKOperation operation, int64_t k, uint32_t axes) {
  return add_checked<ITopKLayer>({&input}, operation, k, axes);
}

ICumulativeLayer* INetworkDefinition::addCumulative(ITensor& input, CumulativeOperation operation, int32_t axis) {
  return add_checked<ICumulativeLayer>({&input}, operation, axis);
}

IScatterLayer* INetworkDefinition::addScatter(ITensor& data, ITensor& indices, ITensor& updates, ScatterMode mode) {
  return add<IScatterLayer>({&data, &indices, &updates}, mode);
}

IGridSampleLayer* INetworkDefinition::addGridSample(ITensor& input, ITensor& grid) {
  return add_checked<IGridSampleLayer>({&input, &grid});
}

IAttentionLayer* INetworkDefinition::addAttention(ITensor& query, ITensor& key, ITensor& value) {
  return add_checked<IAttentionLayer>({&query, &key, &value});
}

INonZeroLayer* INetworkDefinition::addNonZero(ITensor& input) { return add_checked<INonZeroLayer>({&input}); }

IRecurrentLayer* INetworkDefinition::addRecurrent(ITensor& input, RecurrentCell cell, int64_t hidden_size) {
  return add<IRecurrentLayer>({&input}, cell, hidden_size);
}

IQuantizeLayer* INetworkDefinition::addQuantize(ITensor& input, ITensor& scale, DataType type) {
  return add<IQuantizeLayer>({&input, &scale}, type);
}

IDequantizeLayer* INetworkDefinition::addDequantize(ITensor& input, ITensor& scale, DataType type) {
  return add<IDequantizeLayer>({&input, &scale}, type);
}

}  // namespace torch_tensorrt::network
