#include "torch_tensorrt/core/lowering/passes/shown_memory.h"

#include <algorithm>

#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::Node;
using torch::jit::Value;

// Distinguishes our prints from the user's; passes that copy a node copy the attribute too.
const auto kKeepsWrite = c10::Symbol::attr("keeps_write");
const auto kShares = c10::Symbol::fromQualString("trt::shares");

// The writer of exported programs prints written values, so that TorchScript keeps the writes. _exported_writer.py has
// the same text.
constexpr const char* kKeepsWriteText = "torch_tensorrt keeps the write of";

bool keeps_write(const Node* node) {
  if (node->kind() != c10::prim::Print) return false;
  if (node->hasAttribute(kKeepsWrite)) return true;
  const auto text = node->inputs().empty() ? std::nullopt : torch::jit::toIValue(node->input(0));
  return text && text->isString() && text->toStringRef() == kKeepsWriteText;
}

// The types for which trt::shares has an overload.
bool is_tensor_or_list(const Value* value) {
  return value->type()->isSubtypeOf(*c10::TensorType::get()) || value->type()->isSubtypeOf(*c10::ListType::ofTensors());
}

// The tensors, or the list, whose memory the single result may share although the schema does not say so.
std::vector<Value*> hidden_memory(Node* node) {
  const auto* schema = node->maybeSchema();
  if (schema == nullptr || schema->returns().size() != 1 || schema->returns()[0].alias_info() != nullptr) {
    return {};
  }
  if (sharing(node) == Sharing::kNone || !is_tensor_or_list(node->output())) return {};
  const auto inputs = node->inputs();
  const auto* found = std::find_if(inputs.begin(), inputs.end(), is_tensor_or_list);
  if (found == inputs.end()) return {};
  auto* source = (*found)->node();
  if (source->kind() != c10::prim::ListConstruct) return {*found};
  return {source->inputs().begin(), source->inputs().end()};
}

void show_sharing(Node* node, const std::vector<Value*>& memories) {
  Value* value = node->output();
  for (Value* memory : memories) {
    Node* shown = node->owningGraph()->create(kShares, {memory, value});
    shown->insertAfter(value->node());
    shown->output()->setType(value->type());
    value->replaceAllUsesAfterNodeWith(shown, shown->output());
    value = shown->output();
  }
}

}  // namespace

bool hides_memory(torch::jit::Graph& graph) {
  const auto nodes = all_nodes(graph.block());
  return std::any_of(nodes.begin(), nodes.end(), writes_tensors) &&
         std::any_of(nodes.begin(), nodes.end(), [](Node* node) { return !hidden_memory(node).empty(); });
}

void show_memory(torch::jit::Graph& graph) {
  const auto nodes = all_nodes(graph.block());
  if (std::none_of(nodes.begin(), nodes.end(), writes_tensors)) return;
  for (Node* node : nodes) {
    const auto memories = hidden_memory(node);
    if (!memories.empty()) show_sharing(node, memories);
    if (node->outputs().empty() || written_arguments(node).empty()) continue;
    graph.create(c10::prim::Print, node->outputs(), 0)->i_(kKeepsWrite, 1)->insertAfter(node);
  }
}

void hide_memory(torch::jit::Graph& graph) {
  for (Node* node : all_nodes(graph.block())) {
    if (keeps_write(node))
      node->destroy();
    else if (node->kind() == kShares)
      replace_with(node, node->input(1));
  }
}

}  // namespace torch_tensorrt::core::lowering::passes
