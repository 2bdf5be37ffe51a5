#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "torch/csrc/jit/ir/constants.h"
#include "torch/csrc/jit/ir/ir.h"

// Helpers that the passes share.
namespace torch_tensorrt::core::lowering::passes {

// Every node of the block and its inner blocks, in order. The list is a snapshot: a caller may destroy nodes while
// walking it, but no later nodes of the list.
std::vector<torch::jit::Node*> all_nodes(torch::jit::Block* block);
// Whether PyTorch must run the node (lowering::kToCompile), so that passes must not change it.
bool is_marked(const torch::jit::Node* node);
// Calls the function for each unmarked node; true if a call returned true.
bool rewrite_nodes(torch::jit::Graph& graph, const std::function<bool(torch::jit::Node*)>& rewrite);

// Redirects all readers of the node's only result to the value and destroys the node. Always returns true.
bool replace_with(torch::jit::Node* node, torch::jit::Value* value);

// A new node before `place`, at its source position, with one result of the given type.
torch::jit::Node* insert_before(torch::jit::Node* place, torch::jit::NodeKind kind,
                                std::initializer_list<torch::jit::Value*> inputs, const c10::TypePtr& output_type);
// A constant before `place`.
torch::jit::Value* constant_before(torch::jit::Node* place, const torch::jit::IValue& value);

// The constant's value; unset if the value is no constant of that type.
std::optional<bool> constant_bool(const torch::jit::Value* value);
std::optional<double> constant_number(const torch::jit::Value* value);

}  // namespace torch_tensorrt::core::lowering::passes
