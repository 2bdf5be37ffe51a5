#include "torch/csrc/jit/passes/dead_code_elimination.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

bool makes_collection(const torch::jit::Node* node) {
  return node->kind() == c10::prim::TupleConstruct || node->kind() == c10::prim::ListConstruct;
}

bool all_tensors(const torch::jit::Node* node) {
  for (const auto* input : node->inputs()) {
    if (!input->type()->isSubtypeOf(*c10::TensorType::get())) return false;
  }
  return true;
}

}  // namespace

bool flatten_outputs(const GraphPtr& graph) {
  if (graph->outputs().size() != 1) return false;
  auto* collection = graph->outputs()[0]->node();
  if (!makes_collection(collection) || !all_tensors(collection)) return false;
  graph->eraseOutput(0);
  for (auto* tensor : collection->inputs()) graph->registerOutput(tensor);
  torch::jit::EliminateDeadCode(graph);
  return true;
}

}  // namespace torch_tensorrt::core::lowering::passes
