#pragma once

#include <set>

#include "torch_tensorrt/core/lowering/passes/alias_model.h"

// What the body of a loop may do to memory, found before it is walked: a walk sees one round, and what a round writes
// the next one reads.
namespace torch_tensorrt::core::lowering::passes {

// Where the memory of a value may come from.
struct Sources {
  Storages storages;                          // from outside the body
  std::set<const torch::jit::Value*> inside;  // results of operators and parameters of blocks inside
};

// What a tensor that a loop carries is when a round ends.
struct LoopEnds {
  std::set<torch::jit::Value*> outside;      // values from outside the body
  std::set<size_t> parameters;               // places among what the loop carries
  std::set<const torch::jit::Value*> fresh;  // memory that the round made
  bool is_known = true;                      // whether it is one of these
};

LoopEnds ends_of(AliasModel& model, torch::jit::Value* end, const torch::jit::Block* body);
Sources sources_of(AliasModel& model, torch::jit::Value* value, const torch::jit::Block* body);
// What nodes of the body may write.
Sources written_in(AliasModel& model, const torch::jit::Block* body);
// Whether the value is the parameter of the body, written in place or not, whatever way the body goes.
bool is_same_tensor(const torch::jit::Value* value, const torch::jit::Value* parameter);
// Whether nothing changes the list that the node makes, and no block takes it in or gives it out.
bool is_fixed_list(const torch::jit::Value* list);

}  // namespace torch_tensorrt::core::lowering::passes
