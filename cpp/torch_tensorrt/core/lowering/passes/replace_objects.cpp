#include <algorithm>
#include <map>

#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

namespace prim = torch::jit::prim;
using torch::jit::Node;

// Whether the object is only filled, each attribute once and beside its making, and read after that.
bool is_plain_record(const Node* object) {
  std::map<std::string, const Node*> sets;
  const auto uses = object->output()->uses();
  for (const auto& use : uses) {
    if (use.user->kind() != prim::SetAttr) continue;
    const bool is_first = sets.emplace(use.user->s(torch::jit::attr::name), use.user).second;
    if (use.offset != 0 || !is_first || use.user->owningBlock() != object->owningBlock()) return false;
  }
  return std::all_of(uses.begin(), uses.end(), [&](const torch::jit::Use& use) {
    if (use.user->kind() == prim::SetAttr) return true;
    if (use.user->kind() != prim::GetAttr) return false;
    const auto set = sets.find(use.user->s(torch::jit::attr::name));
    return set != sets.end() && use.user->isAfter(set->second);
  });
}

void replace(Node* object) {
  std::map<std::string, const Node*> sets;
  const auto uses = object->output()->uses();
  for (const auto& use : uses) {
    if (use.user->kind() == prim::SetAttr) sets[use.user->s(torch::jit::attr::name)] = use.user;
  }
  for (const auto& use : uses) {
    if (use.user->kind() != prim::GetAttr) continue;
    // What is set may be an attribute itself, and then it changes here.
    use.user->output()->replaceAllUsesWith(sets.at(use.user->s(torch::jit::attr::name))->input(1));
  }
  for (const auto& use : uses) use.user->destroy();
  object->destroy();
}

}  // namespace

bool replace_objects(const GraphPtr& graph) {
  std::vector<Node*> objects;
  for (auto* node : all_nodes(graph->block())) {
    if (node->kind() == prim::CreateObject) objects.push_back(node);
  }
  bool changed = false;
  for (auto* object : objects) {
    if (!is_plain_record(object)) continue;
    replace(object);
    changed = true;
  }
  return changed;
}

}  // namespace torch_tensorrt::core::lowering::passes
