#include <algorithm>
#include <map>
#include <numeric>
#include <vector>

#include "torch_tensorrt/core/lowering/passes/alias_model.h"
#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/lowering/passes/write_walk.h"

// Branches. A result of an If gets a storage of its own with a conditional link to each outer tensor that a branch may
// return. A storage made inside a branch lives on only in the results.
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

namespace {

using Kind = Alias::Kind;

bool is_ancestor(const View* ancestor, const View* view) {
  while (view != nullptr && view != ancestor) view = view->parent;
  return view == ancestor;
}

size_t steps(const Alias& alias) {
  size_t count = 0;
  if (alias.kind != Kind::kTensor) return count;
  for (const auto* view = alias.tensor->view; view->parent != nullptr; view = view->parent) ++count;
  return count;
}

}  // namespace

void WriteWalk::visit_if(Node* node) {
  redirect(node);
  const size_t first = model_.storage_count();
  const size_t first_view = model_.view_count();
  std::vector<Branch> branches;
  for (auto* block : node->blocks()) branches.push_back(walk_branch(block, first));
  bind_results(node, branches, first, first_view);
  std::map<Storage*, Value*, ByNumber> written;
  for (const auto& branch : branches) written.insert(branch.written.begin(), branch.written.end());
  for (const auto& [storage, ignored] : written) {
    for (size_t i = 0; i < branches.size(); ++i) {
      const auto found = branches[i].written.find(storage);
      node->blocks()[i]->registerOutput(found == branches[i].written.end() ? storage->whole->value : found->second);
    }
    model_.replace(storage, node->addOutput()->setType(c10::TensorType::get()));
  }
}

WriteWalk::Branch WriteWalk::walk_branch(Block* block, size_t first) {
  Branch branch;
  model_.enter_block();
  branch.outputs = walk(block);
  for (const auto& alias : branch.outputs) {
    branch.origins.emplace_back();
    branch.others.push_back(may_share(alias, first));
    if (alias.kind != Kind::kTensor) continue;
    collect_origins(alias.tensor->view, nullptr, first, block->return_node(), branch.origins.back());
  }
  for (auto* storage : model_.written_in_block()) branch.written[storage] = storage->whole->value;
  model_.leave_block();
  return branch;
}

void WriteWalk::collect_origins(View* view, Value* condition, size_t first, Node* place, std::vector<Origin>& found) {
  auto* root = view->storage;
  if (root->number < first) {
    found.push_back({condition, view});
    return;
  }
  for (const auto& link : model_.links_of(root)) {
    auto* holds = model_.holds(link, place);
    if (condition != nullptr) {
      holds = insert_before(place, c10::Symbol::aten("__and__"), {condition, holds}, c10::BoolType::get())->output();
    }
    collect_origins(model_.rebased(view, root->whole, link.source), holds, first, place, found);
  }
}

// The storages that the tensor may share beyond its origins.
Storages WriteWalk::may_share(const Alias& alias, size_t first) const {
  Storages found;
  std::vector<Storage*> open;
  for (auto* storage : model_.storages(alias)) {
    if (alias.kind != Kind::kTensor || storage->number >= first) open.push_back(storage);
  }
  while (!open.empty()) {
    auto* storage = open.back();
    open.pop_back();
    if (!found.insert(storage).second) continue;
    found.insert(storage->perhaps.begin(), storage->perhaps.end());
    if (storage->number < first) continue;
    for (auto* linked : model_.linked_with(storage)) {
      if (linked->number >= first || alias.kind != Kind::kTensor) open.push_back(linked);
    }
  }
  return found;
}

// Whether both are the same outer tensor; the output is then this tensor too.
bool WriteWalk::bind_one(Value* output, const Alias& a, const Alias& b, size_t first) {
  if (a.kind != Kind::kTensor || b.kind != Kind::kTensor) return false;
  auto* view = a.tensor->view;
  if (view != b.tensor->view || view->storage->number >= first) return false;
  if (a.tensor == b.tensor) {
    model_.bind(output, a);
  } else {
    view->storage->has_other_names = true;
    model_.bind(output, model_.tensor_of(view, output->node()->owningBlock()));
  }
  return true;
}

Storage* WriteWalk::new_result(Value* output, const std::vector<const Alias*>& ways) {
  bind_unknown(output, {});
  auto* own = *model_.storages(model_.of(output)).begin();
  if (own->whole == nullptr) return own;
  own->whole->is_contiguous =
      std::all_of(ways.begin(), ways.end(), [this](const Alias* way) { return is_contiguous(*way); });
  return own;
}

void WriteWalk::bind_results(Node* node, const std::vector<Branch>& branches, size_t first, size_t first_view) {
  std::vector<BranchValues> values;
  std::vector<Holders> holders(branches.size());
  for (size_t i = 0; i < branches.size(); ++i) values.emplace_back(node, i, first_view, retired_);
  std::vector<size_t> places(node->outputs().size());
  std::iota(places.begin(), places.end(), size_t{0});
  // Bind a result that views another result's storage after that result.
  const auto depth = [&](size_t i) { return std::max(steps(branches[0].outputs[i]), steps(branches[1].outputs[i])); };
  std::stable_sort(places.begin(), places.end(), [&](size_t a, size_t b) { return depth(a) < depth(b); });
  for (const size_t place : places) {
    auto* output = node->outputs()[place];
    if (!holds_tensors(output->type())) continue;
    const auto& then = branches[0].outputs[place];
    const auto& otherwise = branches[1].outputs[place];
    if (bind_one(output, then, otherwise, first)) continue;
    auto* result = new_result(output, {&then, &otherwise});
    for (size_t i = 0; i < branches.size(); ++i) {
      for (const auto& origin : branches[i].origins[place]) {
        if (result->whole == nullptr) {
          model_.relate(result, origin.view->storage);
          continue;
        }
        auto* condition = values[i].taken_and(origin.condition);
        model_.link(values[i].view(model_, origin.view), result, condition);
      }
      hold(result, branches[i], place, first, holders[i], values[i]);
    }
  }
}

// If two results share a storage made in a branch, links one as a view of the other where the view is known.
void WriteWalk::hold(Storage* result, const Branch& branch, size_t place, size_t first, Holders& holders,
                     BranchValues& values) {
  const auto& alias = branch.outputs[place];
  auto* view = alias.kind == Kind::kTensor && result->whole != nullptr ? alias.tensor->view : nullptr;
  Storages linked;
  if (view != nullptr) {
    for (const auto& holder : holders[view->storage]) {
      if (holder.view == nullptr || !is_ancestor(holder.view, view)) continue;
      auto* source = model_.rebased(view, holder.view, holder.result->whole);
      model_.link(values.view(model_, source), result, values.taken());
      linked.insert(holder.result);
    }
  }
  for (auto* other : branch.others[place]) {
    if (other->number < first) {
      model_.relate(result, other);
      continue;
    }
    for (const auto& holder : holders[other]) {
      if (linked.count(holder.result) == 0) model_.relate(result, holder.result);
    }
    const bool is_whole = view != nullptr && view->storage == other;
    holders[other].push_back({result, is_whole ? view : nullptr});
  }
}

}  // namespace torch_tensorrt::core::lowering::passes
