#pragma once

#include "torch/csrc/jit/ir/ir.h"

namespace torch_tensorrt::core::util {

// Inlines all calls of functions and methods in TorchScript, and the calls within these. PyTorch's pass alone relies on
// a copy of the function in which that is done; the copy is as written if the function first ran without optimization
// (torch.jit.optimized_execution(False)).
void inline_all_calls(torch::jit::Graph& graph);

}  // namespace torch_tensorrt::core::util
