#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "torch/csrc/jit/ir/constants.h"
#include "torch/csrc/jit/ir/ir.h"

// What the passes share.
namespace torch_tensorrt::core::lowering::passes {

// Every node of the block and of the blocks inside, in order. A snapshot: nodes may be destroyed while it is walked,
// but not nodes that come later in it.
std::vector<torch::jit::Node*> all_nodes(torch::jit::Block* block);
// Whether PyTorch must run the node (lowering::kToCompile): it is to stay what it is.
bool is_marked(const torch::jit::Node* node);
// Calls the function for each of them that is not marked; true when one call was.
bool rewrite_nodes(torch::jit::Graph& graph, const std::function<bool(torch::jit::Node*)>& rewrite);

// Readers of the node's only result read the value instead; the node is destroyed. Always true.
bool replace_with(torch::jit::Node* node, torch::jit::Value* value);

// A new node before `place`, at its source position, with one result of the given type.
torch::jit::Node* insert_before(torch::jit::Node* place, torch::jit::NodeKind kind,
                                std::initializer_list<torch::jit::Value*> inputs, const c10::TypePtr& output_type);
// A constant before `place`.
torch::jit::Value* constant_before(torch::jit::Node* place, const torch::jit::IValue& value);

// The value where it is a constant of that type.
std::optional<bool> constant_bool(const torch::jit::Value* value);
std::optional<double> constant_number(const torch::jit::Value* value);

}  // namespace torch_tensorrt::core::lowering::passes
