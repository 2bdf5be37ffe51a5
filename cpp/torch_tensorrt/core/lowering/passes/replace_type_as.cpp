#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering::passes {

// to.other also moves to the other tensor's device, but an engine has only one device.
bool replace_type_as(const GraphPtr& graph) {
  static const auto kTypeAs = c10::Symbol::aten("type_as");
  return rewrite_nodes(*graph, [](torch::jit::Node* node) {
    if (node->kind() != kTypeAs) return false;
    auto* no = constant_before(node, false);
    auto* none = constant_before(node, torch::jit::IValue());
    auto* to = insert_before(node, c10::Symbol::aten("to"), {node->input(0), node->input(1), no, no, none},
                             node->output()->type());
    return replace_with(node, to->output());
  });
}

}  // namespace torch_tensorrt::core::lowering::passes
