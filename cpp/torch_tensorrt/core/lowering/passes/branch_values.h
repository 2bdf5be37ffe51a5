#pragma once

#include <map>
#include <vector>

#include "torch_tensorrt/core/lowering/passes/alias_model.h"

namespace torch_tensorrt::core::lowering::passes {

// Gives values and views of one branch of an If to nodes behind it, where the branch was taken.
class BranchValues {
 public:
  // Views that appeared in the branch have the number `first_view` or a higher one. Nodes that belong to steps of views
  // and stand nowhere in the graph are added to `loose`.
  BranchValues(torch::jit::Node* node, size_t branch, size_t first_view, std::vector<torch::jit::Node*>& loose)
      : node_(node), branch_(branch), first_view_(first_view), loose_(loose) {}

  // Whether the branch was taken.
  torch::jit::Value* taken();
  // Whether it was, and the bool inside it is true; null: always.
  torch::jit::Value* taken_and(torch::jit::Value* condition);
  // The value behind the If; where the other branch was taken it is uninitialized.
  torch::jit::Value* value(torch::jit::Value* inside);
  // The view in terms of such values.
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
