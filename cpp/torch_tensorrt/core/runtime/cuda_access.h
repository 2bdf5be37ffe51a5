#pragma once

namespace torch_tensorrt::core::runtime {

// Lets the engine reach GPUs through PyTorch. Does not touch a GPU yet.
void register_torch_cuda_access();

}  // namespace torch_tensorrt::core::runtime
