#pragma once

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/partitioning/decisions.h"

namespace torch_tensorrt::core {

// Replaces operators that are left to PyTorch on a CPU by equal ones of this library that are faster there (roi_align
// of torchvision), unless the user wants PyTorch to run them.
void use_own_operators(torch::jit::Graph& graph, const partitioning::PartitioningInfo& info);

}  // namespace torch_tensorrt::core
