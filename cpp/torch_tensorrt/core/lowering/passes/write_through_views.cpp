#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/util/jit_in_place.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::Node;
using torch::jit::Value;

c10::Symbol aten(const char* name) { return c10::Symbol::aten(name); }

// What the base becomes when its view `node` becomes `value`; null for views that this pass does not know.
Value* write_back(Node* place, const Node* node, Value* value) {
  auto* base = const_cast<Node*>(node)->input(0);
  const auto type = base->type();
  const auto in = [&](size_t i) { return const_cast<Node*>(node)->input(i); };
  const size_t count = node->inputs().size();
  if (node->kind() == aten("slice") && count == 5) {
    return insert_before(place, aten("slice_scatter"), {base, value, in(1), in(2), in(3), in(4)}, type)->output();
  }
  if (node->kind() == aten("select") && count == 3) {
    return insert_before(place, aten("select_scatter"), {base, value, in(1), in(2)}, type)->output();
  }
  if (node->kind() == aten("transpose") && count == 3) {
    return insert_before(place, aten("transpose"), {value, in(1), in(2)}, type)->output();
  }
  const bool regroups =
      node->kind() == aten("view") || node->kind() == aten("unsqueeze") || node->kind() == aten("squeeze");
  if (regroups) return insert_before(place, aten("view_as"), {value, base}, type)->output();
  const bool is_whole = node->kind() == aten("detach") || node->kind() == aten("alias");
  return is_whole ? value : nullptr;
}

bool is_known_view(const Node* node) {
  static const std::set<c10::Symbol> kViews = {aten("slice"),     aten("select"),  aten("transpose"), aten("view"),
                                               aten("unsqueeze"), aten("squeeze"), aten("detach"),    aten("alias")};
  return kViews.count(node->kind()) != 0 && node->outputs().size() == 1 &&
         node->input(0)->type()->isSubtypeOf(*c10::TensorType::get());
}

// From the written view to the tensor whose memory it is.
std::vector<Node*> views_of(Value* written) {
  std::vector<Node*> chain;
  for (auto* node = written->node(); is_known_view(node); node = node->input(0)->node()) chain.push_back(node);
  return chain;
}

bool is_read_after(const Value* value, const Node* node) {
  for (const auto& use : value->uses()) {
    const auto* user = use.user;
    if (user == node) continue;
    if (user->kind() == c10::prim::Return || user->owningBlock() != node->owningBlock() || user->isAfter(node))
      return true;
  }
  return false;
}

// Reads of the base by its own name are given the new base; any other name that is read later would be stale.
bool has_other_names(const Node* write, const std::vector<Node*>& chain, const torch::jit::AliasDb& aliases) {
  for (const auto* view : chain) {
    if (is_read_after(view->output(), write)) return true;
  }
  auto* base = chain.back()->input(0);
  for (auto* node : const_cast<Node*>(write)->owningGraph()->nodes()) {
    if (!node->isBefore(write)) break;
    for (auto* value : node->outputs()) {
      if (value != base && is_read_after(value, write) && aliases.mayContainAlias(value, base)) return true;
    }
  }
  return false;
}

// "aten::add_" -> "aten::add", where there is such an operator for these arguments.
Node* functional_form(Node* write) {
  const std::string name = write->kind().toUnqualString();
  auto* node = write->owningGraph()->create(c10::Symbol::aten(name.substr(0, name.size() - 1)), write->inputs(), 1);
  node->copyMetadata(write);
  node->insertBefore(write);
  if (node->maybeSchema() != nullptr) return node;
  node->destroy();
  return nullptr;
}

bool rewrite(Node* write) {
  const auto chain = views_of(write->input(0));
  auto* functional = functional_form(write);
  if (functional == nullptr) return false;
  // Written in place, the result has the dtype of what it is written to.
  auto* no = constant_before(write, false);
  auto* none = constant_before(write, torch::jit::IValue());
  auto* value =
      insert_before(write, aten("to"), {functional->output(), write->input(0), no, no, none}, c10::TensorType::get())
          ->output();
  auto* result = value;
  for (const auto* view : chain) value = write_back(write, view, value);
  auto* base = chain.back()->input(0);
  base->replaceAllUsesAfterNodeWith(write, value);
  write->output()->replaceAllUsesWith(result);
  write->destroy();
  return true;
}

bool can_rewrite(Node* node, const torch::jit::AliasDb& aliases) {
  const std::string name = node->kind().toUnqualString();
  const bool is_aten = node->kind().is_aten() && name.size() > 1 && name.back() == '_' && name[name.size() - 2] != '_';
  if (!is_aten || !util::is_in_place(node)) return false;
  const auto chain = views_of(node->input(0));
  if (chain.empty() || node->owningBlock()->owningNode() != nullptr) return false;
  const auto* base = chain.back()->input(0);
  if (base->node()->kind() == c10::prim::Param || base->node()->kind() == c10::prim::Constant) return false;
  return !has_other_names(node, chain, aliases);
}

bool rewrite_first(const GraphPtr& graph) {
  std::optional<torch::jit::AliasDb> aliases;
  for (auto* node : all_nodes(graph->block())) {
    if (!util::is_in_place(node) || is_marked(node) || views_of(node->input(0)).empty()) continue;
    if (!aliases) aliases.emplace(graph);
    if (can_rewrite(node, *aliases) && rewrite(node)) return true;
  }
  return false;
}

}  // namespace

// What is proven about aliases holds for the graph as it is, so it is proven anew after each change.
bool write_through_views(const GraphPtr& graph) {
  bool changed = false;
  while (rewrite_first(graph)) changed = true;
  return changed;
}

}  // namespace torch_tensorrt::core::lowering::passes
