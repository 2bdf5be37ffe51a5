#pragma once

#include <map>
#include <vector>

#include "torch_tensorrt/core/lowering/passes/alias_model.h"

namespace torch_tensorrt::core::lowering::passes {

// Makes values and views from inside one branch of an If usable after the If, if that branch was taken.
class BranchValues {
 public:
  // Views made in the branch have the number `first_view` or a higher one. Adds nodes to `loose` that belong to view
  // steps and have no place in the graph.
  BranchValues(torch::jit::Node* node, size_t branch, size_t first_view, std::vector<torch::jit::Node*>& loose)
      : node_(node), branch_(branch), first_view_(first_view), loose_(loose) {}

  // Whether the branch was taken.
  torch::jit::Value* taken();
  // Whether the branch was taken and the inner bool is true; null: no further condition.
  torch::jit::Value* taken_and(torch::jit::Value* condition);
  // The value after the If; uninitialized if the other branch was taken.
  torch::jit::Value* value(torch::jit::Value* inside);
  // The same view, in terms of values that exist after the If.
  View* view(AliasModel& model, View* inside);

 private:
  torch::jit::Value* give_out(torch::jit::Value* inside, torch::jit::Value* otherwise);
  bool is_inside(const torch::jit::Value* value) const;

  torch::jit::Node* node_;
  size_t branch_;
  size_t first_view_;
  std::vector<torch::jit::Node*>& loose_;
  std::map<torch::jit::Value*, torch::jit::Value*> given_;
};

}  // namespace torch_tensorrt::core::lowering::passes
