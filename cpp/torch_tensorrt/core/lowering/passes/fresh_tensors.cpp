#include "torch_tensorrt/core/lowering/passes/fresh_tensors.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "torch/csrc/jit/runtime/custom_operator.h"

#include "torch_tensorrt/core/lowering/behavior.h"
#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

namespace prim = c10::prim;
using torch::jit::Node;
using torch::jit::Value;

c10::Symbol fresh() {
  static const auto kFresh = c10::Symbol::fromQualString("trt::fresh");
  return kFresh;
}

// The module as an argument keeps PyTorch's passes from folding it.
const torch::jit::RegisterOperators kRegistered TORCHTRT_UNUSED({torch::jit::Operator(
    "trt::fresh(Tensor value, t module) -> Tensor",
    [](torch::jit::Stack& stack) {
      torch::jit::drop(stack, 1);
      auto value = torch::jit::pop(stack).toTensor();
      torch::jit::push(stack, value.clone());
    },
    c10::AliasAnalysisKind::FROM_SCHEMA)});

bool stores(const Node* node) {
  if (node->kind() == prim::SetAttr || node->kind() == prim::fork) return true;
  const auto written = written_arguments(node);
  return std::any_of(written.begin(), written.end(),
                     [&](size_t place) { return !is_tensor_type(node->input(place)->type()); });
}

// The values whose memory results, attributes or collections that the graph writes have after a call.
std::set<const Value*> leaving(torch::jit::Graph& graph) {
  std::set<const Value*> found;
  const auto add = [&](const Value* value) { found.merge(memory_of(value)); };
  for (const auto* output : graph.outputs()) add(output);
  for (const auto* node : all_nodes(graph.block())) {
    if (!stores(node)) continue;
    for (const auto* input : node->inputs()) add(input);
  }
  return found;
}

// The values whose memory the graph writes: they become no constants.
std::set<const Value*> written(torch::jit::Graph& graph) {
  std::set<const Value*> found;
  for (const auto* node : all_nodes(graph.block())) {
    for (const size_t place : written_arguments(node)) {
      if (is_tensor_type(node->input(place)->type())) found.merge(memory_of(node->input(place)));
    }
  }
  return found;
}

// Tells nodes that constant propagation may evaluate.
class Foldable {
 public:
  bool operator()(const Node* node) {
    if (node->kind() == prim::Constant) return true;
    if (const auto known = known_.find(node); known != known_.end()) return known->second;
    const auto inputs = node->inputs();
    const bool is_pure = node->blocks().empty() && node->kind() != prim::Param && node->kind() != prim::GetAttr &&
                         !node->hasSideEffects() && !util::is_random(node) && written_arguments(node).empty();
    const bool is =
        is_pure && std::all_of(inputs.begin(), inputs.end(), [&](const Value* v) { return (*this)(v->node()); });
    return known_[node] = is;
  }

 private:
  std::unordered_map<const Node*, bool> known_;
};

}  // namespace

bool is_fresh(const Node* node) { return node->kind() == fresh(); }

void mark_fresh(torch::jit::Graph& graph) {
  Foldable is_foldable;
  auto roots = leaving(graph);
  for (const auto* value : written(graph)) roots.erase(value);
  for (auto* node : all_nodes(graph.block())) {
    if (node->kind() == prim::Constant || !is_foldable(node)) continue;
    for (auto* output : node->outputs()) {
      if (roots.count(output) == 0 || !is_tensor_type(output->type())) continue;
      auto* mark = graph.create(fresh(), {output, graph.inputs()[0]})->insertAfter(node);
      mark->setSourceRange(node->sourceRange())->setScope(node->scope());
      mark->output()->setType(c10::TensorType::get());
      output->replaceAllUsesAfterNodeWith(mark, mark->output());
    }
  }
}

void remove_needless_marks(torch::jit::Graph& graph) {
  const auto roots = leaving(graph);
  for (auto* node : all_nodes(graph.block())) {
    if (!is_fresh(node)) continue;
    const bool is_needed = node->input(0)->node()->kind() == prim::Constant && roots.count(node->output()) != 0;
    if (!is_needed) replace_with(node, node->input(0));
  }
}

void copy_fresh(torch::jit::Graph& graph, torch::jit::Module& module) {
  size_t number = 0;
  for (auto* node : all_nodes(graph.block())) {
    if (!is_fresh(node)) continue;
    std::string name = str("constant_", number++);
    while (module.hasattr(name) || module.find_method(name)) name += '_';
    module.register_attribute(name, c10::TensorType::get(), torch::jit::toIValue(node->input(0)).value(),
                              /*is_param=*/false, /*is_buffer=*/false);
    auto* read = insert_before(node, prim::GetAttr, {graph.inputs()[0]}, c10::TensorType::get());
    read->s_(c10::attr::name, name);
    auto* none = constant_before(node, c10::IValue());
    replace_with(node, insert_before(node, c10::aten::clone, {read->output(), none}, c10::TensorType::get())->output());
  }
}

}  // namespace torch_tensorrt::core::lowering::passes
