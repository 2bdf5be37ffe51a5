#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

namespace torch_tensorrt::core::partitioning {

using RunNode = std::function<std::vector<c10::IValue>(std::vector<c10::IValue>)>;

// The result of a convolution on tensors without data, as one without data. PyTorch has these forms in Python alone,
// and a convolution may be too large to run while compiling; with one map for each of its inputs and outputs, it is
// not. `run`: runs the node. Unset for other nodes, and if the tensors do not fit.
std::optional<c10::IValue> convolution_result(const torch::jit::Node* node, const std::vector<c10::IValue>& inputs,
                                              const RunNode& run);

}  // namespace torch_tensorrt::core::partitioning
