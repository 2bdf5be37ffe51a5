#pragma once

#include "torch_tensorrt/core/lowering/lowering.h"

namespace torch_tensorrt::core::lowering {

// The copies at the end of the graph into tensors of the caller's -> results, behind those that are there; a value that
// is a result already is not returned twice.
ArgumentWrites return_argument_writes(torch::jit::Graph& graph);
// The same copies -> nothing, with a warning that names the arguments.
void drop_argument_writes(torch::jit::Graph& graph);

}  // namespace torch_tensorrt::core::lowering
