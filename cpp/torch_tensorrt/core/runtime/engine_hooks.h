#pragma once

// Through these hooks the engine library reaches PyTorch: its GPUs and its threads.
namespace torch_tensorrt::core::runtime {

// Lets the engine reach GPUs through PyTorch. Does not touch a GPU yet.
void register_torch_cuda_access();

// Lets engine::ThreadLimit limit the threads of PyTorch's operators too.
void register_torch_threads();

}  // namespace torch_tensorrt::core::runtime
