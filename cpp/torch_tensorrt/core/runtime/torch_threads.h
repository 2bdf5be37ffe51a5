#pragma once

namespace torch_tensorrt::core::runtime {

// Lets engine::ThreadLimit limit the threads of PyTorch's operators too.
void register_torch_threads();

}  // namespace torch_tensorrt::core::runtime
