#include "torch_tensorrt/core/lowering/passes/rewrite.h"

#include "torch_tensorrt/core/lowering/lowering.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

void collect(torch::jit::Block* block, std::vector<torch::jit::Node*>& nodes) {
  for (auto* node : block->nodes()) {
    nodes.push_back(node);
    for (auto* inner : node->blocks()) collect(inner, nodes);
  }
}

}  // namespace

std::vector<torch::jit::Node*> all_nodes(torch::jit::Block* block) {
  std::vector<torch::jit::Node*> nodes;
  collect(block, nodes);
  return nodes;
}

bool is_marked(const torch::jit::Node* node) {
  static const auto kMark = c10::Symbol::attr(kToCompile);
  return node->hasAttribute(kMark) && node->i(kMark) == 0;
}

bool rewrite_nodes(torch::jit::Graph& graph, const std::function<bool(torch::jit::Node*)>& rewrite) {
  bool changed = false;
  for (auto* node : all_nodes(graph.block())) {
    if (!is_marked(node)) changed |= rewrite(node);
  }
  return changed;
}

bool replace_with(torch::jit::Node* node, torch::jit::Value* value) {
  node->output()->replaceAllUsesWith(value);
  node->destroy();
  return true;
}

torch::jit::Node* insert_before(torch::jit::Node* place, torch::jit::NodeKind kind,
                                std::initializer_list<torch::jit::Value*> inputs, const c10::TypePtr& output_type) {
  auto* node = place->owningGraph()->create(kind, at::ArrayRef<torch::jit::Value*>(inputs), 1);
  node->copyMetadata(place);
  node->output()->setType(output_type);
  return node->insertBefore(place);
}

torch::jit::Value* constant_before(torch::jit::Node* place, const torch::jit::IValue& value) {
  torch::jit::WithInsertPoint guard(place);
  return place->owningGraph()->insertConstant(value, place->sourceRange());
}

std::optional<bool> constant_bool(const torch::jit::Value* value) {
  const auto constant = torch::jit::toIValue(value);
  if (!constant || !constant->isBool()) return std::nullopt;
  return constant->toBool();
}

std::optional<double> constant_number(const torch::jit::Value* value) {
  const auto constant = torch::jit::toIValue(value);
  if (!constant || !constant->isScalar()) return std::nullopt;
  return constant->toScalar().toDouble();
}

}  // namespace torch_tensorrt::core::lowering::passes
