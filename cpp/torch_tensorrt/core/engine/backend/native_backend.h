#pragma once

#include <memory>

#include "torch_tensorrt/core/engine/backend/backend.h"

namespace torch_tensorrt::engine {

constexpr const char* kNativeBackend = "native";

// Whether the sizes of the layer's outputs follow from those of its inputs: our engine plans its memory by them.
Decision sizes_are_known(const network::ILayer& layer);
// The layers whose sizes, or whose positions in other tensors, do not follow from the inputs of the network: numbers
// that decide about them are read from tensors that the network computes.
std::vector<Refusal> find_unknown_sizes(const network::INetworkDefinition& network);

// Our own backend: the tactics of this process run the layers of a network.
std::unique_ptr<Backend> make_native_backend();

}  // namespace torch_tensorrt::engine
