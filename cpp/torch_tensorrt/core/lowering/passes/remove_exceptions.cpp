#include <algorithm>
#include <set>

#include "torch/csrc/jit/passes/dead_code_elimination.h"
#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

// Whether every way through the block raises.
bool raises(const torch::jit::Block* block) {
  for (const auto* node : block->nodes()) {
    if (node->kind() == c10::prim::RaiseException) return true;
    if (node->kind() == c10::prim::If && raises(node->blocks()[0]) && raises(node->blocks()[1])) return true;
  }
  return false;
}

// An If that raises on one side only. An If that raises on both sides is the user's error and stays.
bool is_guard(const torch::jit::Node* node) {
  return node->kind() == c10::prim::If && raises(node->blocks()[0]) != raises(node->blocks()[1]);
}

// Whether conversion can know the value, because it depends only on numbers, and on sizes and dtypes of tensors.
bool may_be_known(const torch::jit::Value* value, std::set<const torch::jit::Value*>& seen) {
  if (!seen.insert(value).second) return true;
  const auto* node = value->node();
  if (node->kind() == c10::prim::Constant) return true;
  if (node->kind() == c10::prim::Param || node->kind() == c10::prim::Loop) return false;
  const auto known = [&](const torch::jit::Value* input) { return may_be_known(input, seen); };
  if (node->kind() == c10::prim::If) {
    return known(node->input(0)) && known(node->blocks()[0]->outputs()[value->offset()]) &&
           known(node->blocks()[1]->outputs()[value->offset()]);
  }
  if (holds_tensors(value->type())) return false;
  if (reads_no_elements(node)) return true;
  if (node->hasSideEffects()) return false;
  const auto inputs = node->inputs();
  return std::all_of(inputs.begin(), inputs.end(),
                     [&](const torch::jit::Value* input) { return !holds_tensors(input->type()) && known(input); });
}

// Whether the block raises and computes nothing but the message.
bool only_raises(const torch::jit::Block* block) {
  bool found = false;
  for (const auto* node : block->nodes()) {
    found = found || node->kind() == c10::prim::RaiseException;
    const auto& outputs = node->outputs();
    const auto holds = [](const torch::jit::Value* value) { return holds_tensors(value->type()); };
    if (!node->blocks().empty() || std::any_of(outputs.begin(), outputs.end(), holds)) return false;
    const auto inputs = node->inputs();
    if (!reads_no_elements(node) && std::any_of(inputs.begin(), inputs.end(), holds)) return false;
  }
  return found;
}

// Keeps an If that only raises; conversion raises if it learns the condition.
void keep_raising(torch::jit::Node* guard) {
  auto* graph = guard->owningGraph();
  auto* kept = graph->create(c10::prim::If, {guard->input(0)}, 0);
  kept->copyMetadata(guard);
  kept->insertBefore(guard);
  for (auto* block : guard->blocks()) {
    auto* copy = kept->addBlock();
    if (!raises(block)) continue;
    copy->cloneFrom(block, [](torch::jit::Value* value) { return value; });
    while (!copy->outputs().empty()) copy->eraseOutput(copy->outputs().size() - 1);
  }
}

}  // namespace

// Gives the guard a constant condition, which removes the raising branch. Changes only the guard's own condition: the
// same value may decide elsewhere, on a path that does not run the guard.
bool remove_exceptions(const GraphPtr& graph) {
  bool changed = false;
  for (auto* node : all_nodes(graph->block())) {
    if (!is_guard(node)) continue;
    std::set<const torch::jit::Value*> seen;
    const auto* raising = node->blocks()[raises(node->blocks()[0]) ? 0 : 1];
    if (only_raises(raising) && may_be_known(node->input(0), seen)) keep_raising(node);
    LOG_DEBUG("removing the exception that may be raised at " << util::node_info(node));
    node->replaceInput(0, constant_before(node, !raises(node->blocks()[0])));
    changed = true;
  }
  if (!changed) return false;
  propagate_constants(graph);
  torch::jit::EliminateDeadCode(graph->block());
  return true;
}

}  // namespace torch_tensorrt::core::lowering::passes
