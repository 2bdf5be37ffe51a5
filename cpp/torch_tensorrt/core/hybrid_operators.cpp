#include "torch_tensorrt/core/hybrid_operators.h"

#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core {

void use_own_operators(torch::jit::Graph& graph, const partitioning::PartitioningInfo& info) {
  static const auto kTheirs = c10::Symbol::fromQualString("torchvision::roi_align");
  static const auto kOurs = c10::Symbol::fromQualString("tensorrt::roi_align");
  for (auto* node : lowering::passes::all_nodes(graph.block())) {
    if (node->kind() != kTheirs) continue;
    const auto decision = partitioning::decide_node(node, info);
    if (decision.reason == partitioning::TorchReason::kForcedOperator ||
        decision.reason == partitioning::TorchReason::kForcedModule) {
      continue;
    }
    auto* ours = graph.create(kOurs, node->inputs(), /*num_outputs=*/1)->insertBefore(node);
    ours->setSourceRange(node->sourceRange())->setScope(node->scope());
    ours->output()->copyMetadata(node->output());
    node->output()->replaceAllUsesWith(ours->output());
    node->destroy();
  }
}

}  // namespace torch_tensorrt::core
