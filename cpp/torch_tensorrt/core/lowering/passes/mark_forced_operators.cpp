#include <set>

#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering::passes {

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
