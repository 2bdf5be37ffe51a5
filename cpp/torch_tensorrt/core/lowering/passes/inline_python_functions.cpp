#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::Node;

bool is_python_function(const Node* node) {
  return node->kind() == torch::jit::prim::PythonOp && node->hasAttribute(torch::jit::attr::Subgraph);
}

bool inline_function(Node* node) {
  const auto body = node->g(torch::jit::attr::Subgraph);
  if (body->inputs().size() != node->inputs().size() || body->outputs().size() != node->outputs().size()) return false;
  torch::jit::WithInsertPoint guard(node);
  const auto results = torch::jit::insertGraph(*node->owningGraph(), *body, node->inputs());
  for (size_t i = 0; i < results.size(); ++i) node->output(i)->replaceAllUsesWith(results[i]);
  node->destroy();
  return true;
}

}  // namespace

// A body may call others.
bool inline_python_functions(const GraphPtr& graph) {
  bool changed = false;
  while (rewrite_nodes(*graph, [](Node* node) { return is_python_function(node) && inline_function(node); })) {
    changed = true;
  }
  return changed;
}

}  // namespace torch_tensorrt::core::lowering::passes
