#include "torch/csrc/jit/passes/dead_code_elimination.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

// Whether the block ends in an exception whatever happens.
bool raises(const torch::jit::Block* block) {
  for (const auto* node : block->nodes()) {
    if (node->kind() == c10::prim::RaiseException) return true;
    if (node->kind() == c10::prim::If && raises(node->blocks()[0]) && raises(node->blocks()[1])) return true;
  }
  return false;
}

// An If that raises on one side; on both sides it is the user's error, and stays.
bool is_guard(const torch::jit::Node* node) {
  return node->kind() == c10::prim::If && raises(node->blocks()[0]) != raises(node->blocks()[1]);
}

}  // namespace

// A guard gets a constant condition, which takes the branch out of it. Only its own: the same value may decide
// something elsewhere, where the guard was not run.
bool remove_exceptions(const GraphPtr& graph) {
  bool changed = false;
  for (auto* node : all_nodes(graph->block())) {
    if (!is_guard(node)) continue;
    LOG_DEBUG("dropping the exception that can be raised at " << util::node_info(node));
    node->replaceInput(0, constant_before(node, !raises(node->blocks()[0])));
    changed = true;
  }
  if (!changed) return false;
  GraphPtr rewritten = graph;
  propagate_constants(rewritten);
  torch::jit::EliminateDeadCode(rewritten);
  return true;
}

}  // namespace torch_tensorrt::core::lowering::passes
