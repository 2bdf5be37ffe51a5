#include <set>

#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/util/jit_in_place.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::Node;
using torch::jit::Value;

// "aten::relu_" -> "aten::relu"
std::optional<c10::Symbol> functional_name(const Node* node) {
  const std::string name = node->kind().toUnqualString();
  if (!node->kind().is_aten() || name.size() < 2 || name.back() != '_' || name[name.size() - 2] == '_') {
    return std::nullopt;
  }
  return c10::Symbol::aten(name.substr(0, name.size() - 1));
}

// An operator of several tensors may promote, and what compares gives bools; written in place, the result has self's
// dtype all the same.
bool may_change_dtype(const Node* node) {
  static const std::set<std::string> kGiveBool = {"eq_", "ne_", "lt_", "le_", "gt_", "ge_", "logical_not_"};
  if (kGiveBool.count(node->kind().toUnqualString()) != 0) return true;
  size_t tensors = 0;
  for (const auto* input : node->inputs()) tensors += input->type()->isSubtypeOf(*c10::TensorType::get()) ? 1 : 0;
  return tensors > 1;
}

Value* cast_like(Node* place, Value* result, Value* self) {
  auto* no = constant_before(place, false);
  auto* none = constant_before(place, torch::jit::IValue());
  return insert_before(place, c10::Symbol::aten("to"), {result, self, no, no, none}, c10::TensorType::get())->output();
}

bool replace(Node* node, c10::Symbol name) {
  auto* self = node->input(0);
  auto* functional = node->owningGraph()->create(name, node->inputs(), 1);
  functional->copyMetadata(node);
  functional->output()->copyMetadata(node->output());
  functional->insertBefore(node);
  if (functional->maybeSchema() == nullptr) {
    functional->destroy();
    return false;
  }
  auto* result = may_change_dtype(node) ? cast_like(node, functional->output(), self) : functional->output();
  node->output()->replaceAllUsesWith(result);
  self->replaceAllUsesAfterNodeWith(node, result);
  node->destroy();
  return true;
}

// Where there is no functional form, what reads the written tensor later reads the result instead, which is it: then
// its converter can make a new tensor. Whether there was such a read.
bool redirect_reads(Node* node) {
  auto* self = node->input(0);
  const size_t reads = self->uses().size();
  self->replaceAllUsesAfterNodeWith(node, node->output());
  return self->uses().size() < reads;
}

bool writes_graph_input(const Node* node) {
  const auto* producer = node->input(0)->node();
  return producer->kind() == c10::prim::Param && producer->owningBlock()->owningNode() == nullptr;
}

bool replace_first(const GraphPtr& graph) {
  std::optional<torch::jit::AliasDb> aliases;
  for (auto* node : all_nodes(graph->block())) {
    if (!util::is_in_place(node) || is_marked(node)) continue;
    if (!aliases) aliases.emplace(graph);
    if (util::write_is_seen_elsewhere(node, *aliases, util::SelfName::kIsRedirected)) continue;
    const bool writes_input = writes_graph_input(node);
    const std::string info = util::node_info(node);
    const auto name = functional_name(node);
    const bool replaced = name && replace(node, *name);
    if (!replaced && !redirect_reads(node)) continue;
    if (writes_input) LOG_WARNING("an input is written in place; the compiled module leaves it as it is: " << info);
    return true;
  }
  return false;
}

}  // namespace

// What is proven about aliases holds for the graph as it is, so it is proven anew after each change.
bool replace_in_place_operators(const GraphPtr& graph) {
  bool changed = false;
  while (replace_first(graph)) changed = true;
  return changed;
}

}  // namespace torch_tensorrt::core::lowering::passes
