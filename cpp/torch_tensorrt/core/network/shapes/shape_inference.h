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

// Types (and shape values) of every tensor for the given dims of the inputs, in the order of network.inputs().
// `values`, one entry an input when not empty, gives the elements of inputs that are used as shapes.
// Throws Error naming the layer that does not fit.
InferredTensors infer_all(const INetworkDefinition& network, const std::vector<Dims>& input_dims,
                          const std::vector<std::optional<ShapeValue>>& values = {});

// The elements that the first profile says for inputs that are used as shapes, one entry an input: at opt
// (&ProfileRange::opt_values), or at an end of their range. Empty when it says none.
std::vector<std::optional<ShapeValue>> profile_values(const INetworkDefinition& network,
                                                      std::vector<int64_t> ProfileRange::*point);

// Types of all outputs of one layer, and the value of the first where it is a shape computation. Throws Error naming
// the layer that does not fit.
std::vector<InferredTensor> infer_layer(const ILayer& layer, const std::vector<InferInput>& inputs);

// The input descriptions of one layer out of what was inferred before.
std::vector<InferInput> infer_inputs(const ILayer& layer, const InferredTensors& tensors);

// Broadcast of two dims, PyTorch's rule; -1 against 1 or -1 stays -1, -1 against n is n.
// Throws Error with both values when they do not fit.
Dims broadcast_dims(const Dims& a, const Dims& b);

}  // namespace torch_tensorrt::network
