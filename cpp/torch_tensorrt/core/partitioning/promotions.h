#pragma once

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/partitioning/roles.h"

namespace torch_tensorrt::core::partitioning {

// PyTorch's executor takes x * 1, x / 1, x + 0 and x - 0 for x, even if the result has another dtype than x. Casts x
// first in such nodes for PyTorch.
void keep_promotions(torch::jit::Graph& graph, const Roles& roles);

}  // namespace torch_tensorrt::core::partitioning
