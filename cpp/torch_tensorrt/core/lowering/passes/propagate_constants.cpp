#include "torch/csrc/jit/passes/constant_propagation.h"

#include <vector>

#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/lowering/passes/shown_memory.h"
#include "torch_tensorrt/core/util/jit_util.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::Node;
using torch::jit::Value;

// A graph input that temporarily replaces a constant.
struct StandIn {
  Value* input;
  torch::jit::IValue value;
};

}  // namespace

// Replaces the last bound of each fake quantization by a graph input meanwhile, so that PyTorch does not fold it.
void propagate_constants(const GraphPtr& graph) {
  const size_t first = graph->inputs().size();
  std::vector<StandIn> stand_ins;
  for (Node* node : all_nodes(graph->block())) {
    if (!util::is_fake_quantize(node)) continue;
    Value* bound = node->inputs().back();
    const auto value = torch::jit::toIValue(bound);
    if (!value) continue;
    stand_ins.push_back({graph->addInput()->setType(bound->type()), *value});
    node->replaceInput(node->inputs().size() - 1, stand_ins.back().input);
  }
  {
    const ShownMemory shown(graph);
    GraphPtr propagated = graph;
    torch::jit::ConstantPropagation(propagated);
  }
  for (const StandIn& stand_in : stand_ins) {
    while (stand_in.input->hasUses()) {
      const torch::jit::Use use = stand_in.input->uses().front();
      use.user->replaceInput(use.offset, constant_before(use.user, stand_in.value));
    }
  }
  while (graph->inputs().size() > first) graph->eraseInput(graph->inputs().size() - 1);
}

}  // namespace torch_tensorrt::core::lowering::passes
