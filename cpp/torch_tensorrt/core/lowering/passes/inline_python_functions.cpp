#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::Node;
using torch::jit::Value;

bool is_python_function(const Node* node) {
  return node->kind() == torch::jit::prim::PythonOp && node->hasAttribute(torch::jit::attr::Subgraph);
}

// The results of the body in the form of the call's results: the call returns several results as one tuple.
std::vector<Value*> as_results_of(Node* node, std::vector<Value*> results) {
  const bool is_tuple = node->outputs().size() == 1 && node->output()->type()->kind() == c10::TypeKind::TupleType;
  const bool made_here = results.size() == 1 && results[0]->type()->kind() == c10::TypeKind::TupleType;
  if (!is_tuple || made_here) return results;
  auto* graph = node->owningGraph();
  return {graph->insertNode(graph->createTuple(results))->output()};
}

bool inline_function(Node* node) {
  const auto body = node->g(torch::jit::attr::Subgraph);
  if (body->inputs().size() != node->inputs().size()) return false;
  const torch::jit::WithInsertPoint guard(node);
  const auto results = as_results_of(node, torch::jit::insertGraph(*node->owningGraph(), *body, node->inputs()));
  if (results.size() != node->outputs().size()) return false;
  for (size_t i = 0; i < results.size(); ++i) node->output(i)->replaceAllUsesWith(results[i]);
  node->destroy();
  return true;
}

}  // namespace

// Repeats, because an inlined body may call other functions.
bool inline_python_functions(const GraphPtr& graph) {
  bool changed = false;
  while (rewrite_nodes(*graph, [](Node* node) { return is_python_function(node) && inline_function(node); })) {
    changed = true;
  }
  return changed;
}

}  // namespace torch_tensorrt::core::lowering::passes
