#pragma once

#include <optional>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/backend/executable.h"
#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/network/shapes/shape_inference.h"

namespace torch_tensorrt::engine {

// Throws Error quoting the tensor, its dims and the declared range, unless some profile takes the dims of all inputs.
// Without profiles, the inputs' own ranges decide. `engine` is the name for the text.
void check_input_dims(const std::string& engine, const std::vector<IoTensor>& inputs,
                      const std::vector<network::Profile>& profiles, const std::vector<network::Dims>& dims);

// The same for the elements of inputs that are used as shapes; one entry for each input, or none at all.
void check_input_values(const std::vector<IoTensor>& inputs,
                        const std::vector<std::optional<network::ShapeValue>>& values);

// Infers the shapes of all tensors for one call. Throws Error quoting the inputs and the layer that they do not fit.
network::InferredTensors infer_for_call(const network::INetworkDefinition& network,
                                        const std::vector<network::Dims>& dims,
                                        const std::vector<std::optional<network::ShapeValue>>& values);

}  // namespace torch_tensorrt::engine
