#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::network {

struct InferredTensor {
  TensorType type;
  std::optional<ShapeValue> value;
};
using InferredTensors = std::unordered_map<const ITensor*, InferredTensor>;

// Infers types (and shape values) of every tensor for these dims of the inputs, in the order of network.inputs().
// `values`, unless empty, has one entry for each input: the elements if it is used as a shape.
// Throws Error naming the layer that does not fit.
InferredTensors infer_all(const INetworkDefinition& network, const std::vector<Dims>& input_dims,
                          const std::vector<std::optional<ShapeValue>>& values = {});

// The elements in the first profile of inputs that are used as shapes, one entry for each input: at opt
// (&ProfileRange::opt_values), or at an end of their range. Empty if the profile has none.
std::vector<std::optional<ShapeValue>> profile_values(const INetworkDefinition& network,
                                                      std::vector<int64_t> ProfileRange::*point);

// Infers types of all outputs of one layer, and the value of the first if it is a shape computation. Throws Error
// naming the layer if it does not fit.
std::vector<InferredTensor> infer_layer(const ILayer& layer, const std::vector<InferInput>& inputs);

// Collects the input descriptions of one layer from earlier inference.
std::vector<InferInput> infer_inputs(const ILayer& layer, const InferredTensors& tensors);

// Broadcast of two dims by PyTorch's rule; -1 against 1 or -1 stays -1, -1 against n is n.
// Throws Error with both values if they do not fit.
Dims broadcast_dims(const Dims& a, const Dims& b);

}  // namespace torch_tensorrt::network
