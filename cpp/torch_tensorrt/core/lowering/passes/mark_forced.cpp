#include <algorithm>
#include <set>

#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

// "__torch__.torch.nn.___torch_mangle_3.Linear" -> "torch.nn.Linear", the name in the user's source.
std::string source_name(const c10::ClassTypePtr& type) {
  std::string name;
  for (const auto& atom : type->name()->atoms()) {
    const bool added_by_torch = atom == "__torch__" || atom.rfind("___torch_mangle_", 0) == 0;
    if (!added_by_torch) name += name.empty() ? atom : "." + atom;
  }
  return name;
}

// Inlining records, for each call on the way, which module's method the node was in.
bool comes_from(torch::jit::Node* node, const std::set<std::string>& class_names) {
  if (!node->callstack()) return false;
  for (const auto& [function, range, module] : (*node->callstack())->vec()) {
    if (module && module->class_type() && class_names.count(source_name(module->class_type())) != 0) return true;
  }
  return false;
}

}  // namespace

bool mark_forced_modules(const GraphPtr& graph, const std::vector<std::string>& class_names) {
  if (class_names.empty()) return false;
  const std::set<std::string> names(class_names.begin(), class_names.end());
  const auto attribute = c10::Symbol::attr(kToCompile);
  return rewrite_nodes(*graph, [&](torch::jit::Node* node) {
    if (node->kind() == c10::prim::Constant || !comes_from(node, names)) return false;
    node->i_(attribute, 0);
    return true;
  });
}

bool mark_forced_operators(const GraphPtr& graph, const std::vector<std::string>& operators) {
  if (operators.empty()) return false;
  const std::set<std::string> names(operators.begin(), operators.end());
  const auto attribute = c10::Symbol::attr(kToCompile);
  return rewrite_nodes(*graph, [&](torch::jit::Node* node) {
    if (names.count(node->kind().toQualString()) == 0) return false;
    node->i_(attribute, 0);
    return true;
  });
}

}  // namespace torch_tensorrt::core::lowering::passes
