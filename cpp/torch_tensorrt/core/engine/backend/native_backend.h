#pragma once

#include <memory>

#include "torch_tensorrt/core/engine/backend/backend.h"

namespace torch_tensorrt::engine {

constexpr const char* kNativeBackend = "native";

// Whether the sizes of the layer's outputs follow from those of its inputs: our engine plans its memory by them.
Decision sizes_are_known(const network::ILayer& layer);

// Our own backend: the tactics of this process run the layers of a network.
std::unique_ptr<Backend> make_native_backend();

}  // namespace torch_tensorrt::engine
