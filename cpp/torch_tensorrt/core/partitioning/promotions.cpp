#include "torch_tensorrt/core/partitioning/promotions.h"

#include <set>

#include "torch_tensorrt/core/partitioning/graph_facts.h"

namespace torch_tensorrt::core::partitioning {
namespace {

namespace aten = c10::aten;
using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

std::optional<at::ScalarType> dtype_of(const GraphProbe& probe, const Value* value) {
  const Probe* found = is_tensor(value->type()) ? probe.find(value) : nullptr;
  if (found == nullptr || !found->at[kOpt]->isTensor()) return std::nullopt;
  return found->at[kOpt]->toTensor().scalar_type();
}

bool takes_number(const Node* node) {
  static const std::set<c10::Symbol> kKinds = {aten::add, aten::sub, aten::mul, aten::div};
  return kKinds.count(node->kind()) != 0 && is_plain_number(node->input(1)->type());
}

void keep_promotions(Block* block, const Roles& roles) {
  for (auto* node : block->nodes()) {
    for (auto* inner : node->blocks()) keep_promotions(inner, roles);
    if (!takes_number(node) || roles.of(node) != Role::kTorch) continue;
    const auto from = dtype_of(roles.probe(), node->input(0));
    const auto to = dtype_of(roles.probe(), node->output());
    if (!from || !to || *from == *to) continue;
    auto* graph = node->owningGraph();
    const torch::jit::WithInsertPoint before(node);
    node->replaceInput(0, graph->insert(aten::to, {node->input(0), *to}));
  }
}

}  // namespace

void keep_promotions(torch::jit::Graph& graph, const Roles& roles) { keep_promotions(graph.block(), roles); }

}  // namespace torch_tensorrt::core::partitioning
