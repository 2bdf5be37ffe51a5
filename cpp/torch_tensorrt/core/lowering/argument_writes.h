#pragma once

#include "torch_tensorrt/core/lowering/lowering.h"

namespace torch_tensorrt::core::lowering {

// Turns the copies into the caller's tensors at the end of the graph into extra graph outputs after the results. A
// copied value that is a result already is not returned twice.
ArgumentWrites return_argument_writes(torch::jit::Graph& graph);
// Removes the same copies, with a warning naming the arguments.
void drop_argument_writes(torch::jit::Graph& graph);

}  // namespace torch_tensorrt::core::lowering
