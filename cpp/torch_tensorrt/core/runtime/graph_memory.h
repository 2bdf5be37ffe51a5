#pragma once

#include <cstdint>
#include <memory>

#include "torch_tensorrt/core/engine/cuda/device_access.h"

namespace torch_tensorrt::core::runtime {

// A private pool of PyTorch's allocator on a GPU. Null if this library was built without CUDA's headers, or PyTorch's
// allocator is not the one of its CUDA library.
std::shared_ptr<engine::GraphMemory> make_torch_graph_memory(int32_t device);

}  // namespace torch_tensorrt::core::runtime
