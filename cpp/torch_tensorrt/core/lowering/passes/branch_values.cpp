#include "torch_tensorrt/core/lowering/passes/branch_values.h"

#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering::passes {

using torch::jit::Node;
using torch::jit::Value;

Value* BranchValues::taken() {
  auto* condition = node_->input(0);
  if (branch_ == 0) return condition;
  auto& known = given_[condition];
  if (known == nullptr) {
    known = insert_before(node_, c10::Symbol::aten("__not__"), {condition}, c10::BoolType::get())->output();
  }
  return known;
}

Value* BranchValues::taken_and(Value* condition) {
  if (condition == nullptr) return taken();
  auto& known = given_[condition];
  if (known == nullptr) {
    auto* other = node_->blocks()[1 - branch_];
    known = give_out(condition, constant_before(other->return_node(), false));
  }
  return known;
}

bool BranchValues::is_inside(const Value* value) const {
  const auto* block = value->node()->owningBlock();
  while (block != nullptr && block != node_->blocks()[branch_]) {
    block = block->owningNode() == nullptr ? nullptr : block->owningNode()->owningBlock();
  }
  return block != nullptr;
}

Value* BranchValues::give_out(Value* inside, Value* otherwise) {
  node_->blocks()[branch_]->registerOutput(inside);
  node_->blocks()[1 - branch_]->registerOutput(otherwise);
  return node_->addOutput()->setType(inside->type());
}

// Constants, and lists of constants, stay constants, because the rules for view steps look at their values.
Value* BranchValues::value(Value* inside) {
  if (!is_inside(inside)) return inside;
  auto& known = given_[inside];
  if (known != nullptr) return known;
  if (const auto constant = torch::jit::toIValue(inside)) return known = constant_before(node_, *constant);
  auto* maker = inside->node();
  if (maker->kind() == c10::prim::ListConstruct && inside->type()->isSubtypeOf(*c10::ListType::ofInts())) {
    std::vector<Value*> elements;
    for (auto* element : maker->inputs()) elements.push_back(value(element));
    auto* list = node_->owningGraph()->create(c10::prim::ListConstruct, elements, 1);
    list->output()->setType(inside->type());
    return given_[inside] = list->insertBefore(node_->next())->output();
  }
  auto* place = node_->blocks()[1 - branch_]->return_node();
  auto* nothing = insert_before(place, c10::prim::Uninitialized, {}, inside->type())->output();
  return given_[inside] = give_out(inside, nothing);
}

View* BranchValues::view(AliasModel& model, View* inside) {
  if (inside->parent == nullptr || inside->number < first_view_) return inside;
  auto* parent = view(model, inside->parent);
  ViewStep step;
  step.viewed = inside->step.viewed;
  if (inside->step.index != nullptr) {
    step.index = value(inside->step.index);
    step.list = parent->step.node;
    return model.unread_view(parent, step, inside->is_contiguous);
  }
  step.node = node_->owningGraph()->createClone(inside->step.node, [](Value* v) { return v; });
  loose_.push_back(step.node);
  for (size_t i = 0; i < step.node->inputs().size(); ++i) {
    const bool is_viewed = i == step.viewed;
    step.node->replaceInput(i, is_viewed ? parent->storage->whole->value : value(step.node->input(i)));
  }
  return model.unread_view(parent, step, inside->is_contiguous);
}

}  // namespace torch_tensorrt::core::lowering::passes
