#pragma once

#include <set>

#include "torch_tensorrt/core/lowering/passes/alias_model.h"

// Finds the memory that a loop's body may write, before the walk of the body. The walk sees one round only, but a round
// reads what the previous round wrote.
namespace torch_tensorrt::core::lowering::passes {

// The possible origins of a value's memory.
struct Sources {
  Storages storages;                          // from outside the body
  std::set<const torch::jit::Value*> inside;  // results of operators and parameters of blocks inside
};

// The possible tensors that a carried tensor may be at the end of a round.
struct LoopEnds {
  std::set<torch::jit::Value*> outside;      // values from outside the body
  std::set<size_t> parameters;               // indices of carried values
  std::set<const torch::jit::Value*> fresh;  // memory made in the round
  bool is_known = true;                      // false if other origins are possible
};

LoopEnds ends_of(AliasModel& model, torch::jit::Value* end, const torch::jit::Block* body);
Sources sources_of(AliasModel& model, torch::jit::Value* value, const torch::jit::Block* body);
// The memory that nodes of the body may write.
Sources written_in(AliasModel& model, const torch::jit::Block* body);
// Whether the value is always the same tensor as the body's parameter, perhaps after in-place writes.
bool is_same_tensor(const torch::jit::Value* value, const torch::jit::Value* parameter);
// Whether no node changes the list after it is made, and no block takes it as input or returns it.
bool is_fixed_list(const torch::jit::Value* list);

}  // namespace torch_tensorrt::core::lowering::passes
