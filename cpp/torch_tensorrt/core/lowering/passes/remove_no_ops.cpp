#include <set>

#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

// Operators whose result has the elements, shape and dtype of the first input. They differ in memory, device or
// gradients, which an engine does not choose per tensor. Copies among them matter only to in-place writes, which
// write_through_views has already removed.
bool keeps_elements(const torch::jit::Node* node) {
  static const std::set<c10::Symbol> kKinds = {
      c10::Symbol::aten("contiguous"), c10::Symbol::aten("detach"),      c10::Symbol::aten("detach_"),
      c10::Symbol::aten("alias"),      c10::Symbol::aten("lift"),        c10::Symbol::aten("lift_fresh"),
      c10::Symbol::aten("data"),       c10::Symbol::aten("pin_memory"),  c10::Symbol::aten("requires_grad_"),
      c10::Symbol::prim("data"),       c10::Symbol::aten("cpu"),         c10::Symbol::aten("cuda"),
      c10::Symbol::aten("alias_copy"), c10::Symbol::aten("detach_copy"),
  };
  return kKinds.count(node->kind()) != 0;
}

}  // namespace

bool remove_no_ops(const GraphPtr& graph) {
  return rewrite_nodes(*graph, [](torch::jit::Node* node) {
    if (!keeps_elements(node) || node->outputs().size() != 1) return false;
    return replace_with(node, node->input(0));
  });
}

}  // namespace torch_tensorrt::core::lowering::passes
