#include "torch/csrc/jit/passes/remove_exceptions.h"
#include "torch/csrc/jit/passes/constant_propagation.h"
#include "torch/csrc/jit/passes/dead_code_elimination.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

bool only_raises(torch::jit::Block* block) {
  for (const auto* node : block->nodes()) {
    if (node->kind() == c10::prim::RaiseException) return true;
  }
  return false;
}

// An If that can raise on one side; on both sides it is the user's error, and stays.
bool is_guard(torch::jit::Node* node) {
  if (node->kind() != c10::prim::If) return false;
  return only_raises(node->blocks()[0]) != only_raises(node->blocks()[1]);
}

}  // namespace

bool remove_exceptions(const GraphPtr& graph) {
  bool changed = false;
  for (auto* node : all_nodes(graph->block())) {
    if (!is_guard(node)) continue;
    LOG_DEBUG("dropping the exception that can be raised at " << util::node_info(node));
    changed = true;
  }
  if (!changed) return false;
  GraphPtr rewritten = graph;
  // Gives the If a constant condition; the other two take the branch out of it.
  torch::jit::EliminateExceptions(rewritten);
  torch::jit::ConstantPropagation(rewritten);
  torch::jit::EliminateDeadCode(rewritten);
  return true;
}

}  // namespace torch_tensorrt::core::lowering::passes
