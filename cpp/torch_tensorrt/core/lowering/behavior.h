#pragma once

#include <set>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::core::lowering {

// Whether the graph may raise an exception of the model's own that depends on the values of tensors. An engine has no
// such exceptions.
bool raises_on_data(const torch::jit::Block* block);
// Whether the graph may raise an exception of the model's own at all. If control flow is resolved for the declared
// inputs, this one depends on sizes or on data.
bool raises(torch::jit::Block* block);

// Whether all tensors that the graph returns have memory of their own, as the outputs of one engine have. The reason
// says which result may be, or share the memory of, an argument, an attribute of the module or another result.
Decision results_are_apart(const torch::jit::Graph& graph);

// The values whose memory the value, or a part of it, may have: arguments, attributes, and results of operators that
// make new tensors. Views and collections are traced, and what the graph stores in collections.
std::set<const torch::jit::Value*> memory_of(const torch::jit::Value* value);

}  // namespace torch_tensorrt::core::lowering
