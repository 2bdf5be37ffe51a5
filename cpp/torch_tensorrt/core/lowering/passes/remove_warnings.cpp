#include "torch/csrc/jit/passes/dead_code_elimination.h"

#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

bool remove_from(torch::jit::Block* block) {
  bool changed = false;
  for (auto it = block->nodes().begin(); it != block->nodes().end(); ++it) {
    for (torch::jit::Block* inner : it->blocks()) changed |= remove_from(inner);
    if (it->kind() != c10::Symbol::aten("warn")) continue;
    LOG_DEBUG("removing the warning at " << util::GetPyTorchSourceCode(*it));
    it.destroyCurrent();
    changed = true;
  }
  return changed;
}

}  // namespace

// A condition that only guards a warning may be unknown while compiling. Without the warning it is dead code.
bool remove_warnings(const GraphPtr& graph) {
  if (!remove_from(graph->block())) return false;
  torch::jit::EliminateDeadCode(graph->block());
  return true;
}

}  // namespace torch_tensorrt::core::lowering::passes
