#pragma once

#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/ir/input_tree.h"

namespace torch_tensorrt::tests {

// The inputs of a method's graph behind the first, the module: the leading ones have the specs, the others are given in
// each call.
inline std::vector<core::ir::BoundArgument> bound_arguments(const torch::jit::Graph& graph,
                                                            const std::vector<core::ir::Input>& specs) {
  std::vector<core::ir::BoundArgument> arguments(graph.inputs().size() - 1);
  for (size_t i = 0; i < specs.size(); ++i) {
    arguments[i].how = core::ir::BoundArgument::How::kGiven;
    arguments[i].tree.kind = core::ir::InputTree::Kind::kInput;
    arguments[i].tree.input = specs[i];
  }
  return arguments;
}

}  // namespace torch_tensorrt::tests
