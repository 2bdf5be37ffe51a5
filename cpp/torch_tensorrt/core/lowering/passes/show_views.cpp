#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::Node;
using torch::jit::Value;

// meshgrid(a, b) -> [a.view(-1, 1).expand(a.numel(), b.numel()), b.view(1, -1).expand(...)]
// "xy" swaps the first two dimensions.
bool replace_meshgrid(Node* node) {
  if (node->kind() != c10::Symbol::aten("meshgrid")) return false;
  auto* list = node->input(0)->node();
  if (list->kind() != c10::prim::ListConstruct || list->inputs().empty() || list->output()->uses().size() != 1) {
    return false;
  }
  bool swaps = false;
  if (node->inputs().size() > 1) {
    const auto indexing = torch::jit::toIValue(node->input(1));
    if (!indexing || !indexing->isString()) return false;
    swaps = indexing->toStringRef() == "xy" && list->inputs().size() > 1;
    if (indexing->toStringRef() != "ij" && indexing->toStringRef() != "xy") return false;  // PyTorch says what is wrong
  }
  auto& graph = *node->owningGraph();
  const torch::jit::WithInsertPoint here(node);
  const std::vector<Value*> tensors = list->inputs().vec();
  std::vector<Value*> sizes;
  for (auto* tensor : tensors) sizes.push_back(graph.insert(c10::Symbol::aten("numel"), {tensor}));
  auto* const one = graph.insertConstant(int64_t{1});
  auto* const all = graph.insertConstant(int64_t{-1});
  auto* const first = graph.insertConstant(int64_t{0});
  const auto list_of = [&](const std::vector<Value*>& elements) {
    return graph.insertNode(graph.createList(c10::IntType::get(), elements))->output();
  };
  std::vector<Value*> grids;
  for (size_t i = 0; i < tensors.size(); ++i) {
    std::vector<Value*> shape(tensors.size(), one);
    shape[i] = all;
    auto* grid = graph.insert(c10::Symbol::aten("view"), {tensors[i], list_of(shape)});
    grid = graph.insert(c10::Symbol::aten("expand"), {grid, list_of(sizes)});
    if (swaps) grid = graph.insert(c10::Symbol::aten("transpose"), {grid, first, one});
    grids.push_back(grid);
  }
  return replace_with(node, graph.insertNode(graph.createList(c10::TensorType::get(), grids))->output());
}

}  // namespace

bool show_views(const GraphPtr& graph) { return rewrite_nodes(*graph, replace_meshgrid); }

}  // namespace torch_tensorrt::core::lowering::passes
