#pragma once

#include <memory>

#include "torch_tensorrt/core/engine/backend.h"

namespace torch_tensorrt::engine {

constexpr const char* kNativeBackend = "native";

// Ours: a network's layers are run by the tactics of this process.
std::unique_ptr<Backend> make_native_backend();

}  // namespace torch_tensorrt::engine
