#pragma once

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/lowering/passes/passes.h"

// A tensor that a method makes anew in each call, and returns or keeps in the module's state, must not become a
// constant: a caller who writes it would change the results of later calls. PyTorch's executor folds such tensors too.
namespace torch_tensorrt::core::lowering::passes {

// Whether the node is a mark, trt::fresh: its result is a new tensor with the elements of its first input.
bool is_fresh(const torch::jit::Node* node);
// Marks such tensors, so that constants are propagated up to the mark. The graph's first input is the module.
void mark_fresh(torch::jit::Graph& graph);
// Removes the marks of tensors that did not become constants, or that no longer leave the method.
void remove_needless_marks(torch::jit::Graph& graph);
// Replaces each mark by a copy of an attribute, which nothing folds, with the constant's value.
void copy_fresh(torch::jit::Graph& graph, torch::jit::Module& module);

}  // namespace torch_tensorrt::core::lowering::passes
