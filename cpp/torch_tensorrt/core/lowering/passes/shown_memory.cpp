#include "torch_tensorrt/core/lowering/passes/shown_memory.h"

#include <algorithm>

#include "torch/csrc/jit/ir/alias_analysis.h"

#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::Node;
using torch::jit::Value;

// Distinguishes our prints from the user's; passes that copy a node copy the attribute too.
const auto kKeepsWrite = c10::Symbol::attr("keeps_write");
const auto kShares = c10::Symbol::fromQualString("trt::shares");

// The writer of exported programs prints written values, so that TorchScript keeps the writes. _fx_to_script.py has
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
  if (node->kind().is_prim()) return {};  // alias analysis has rules of its own for them
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

// Whether the operator writes the elements of a tensor, or of the tensors of a list. append() writes the list alone.
bool writes_elements(const Node* node, size_t place) {
  if (is_tensor_type(node->input(place)->type())) return true;
  const auto& parts = node->schema().arguments()[place].alias_info()->containedTypes();
  return std::any_of(parts.begin(), parts.end(), [](const c10::AliasInfo& part) { return part.isWrite(); });
}

// The tensors, and lists of tensors, whose elements nodes write. Alias analysis takes a loop's result for the body's
// result alone; here a write to one of them, or to what the loop starts with, is a write to all.
std::vector<Value*> written_tensors(const std::vector<Node*>& nodes, const torch::jit::AliasDb& aliases) {
  std::vector<Value*> written;
  std::vector<std::vector<Value*>> carried;
  for (Node* node : nodes) {
    for (const size_t place : written_arguments(node)) {
      if (writes_elements(node, place)) written.push_back(node->input(place));
    }
    if (node->kind() != c10::prim::Loop) continue;
    auto* body = node->blocks()[0];
    for (size_t i = 0; i < node->outputs().size(); ++i) {
      if (!holds_tensors(node->output(i)->type())) continue;
      carried.push_back({node->input(i + 2), body->inputs()[i + 1], body->outputs()[i + 1], node->output(i)});
    }
  }
  for (bool changed = !written.empty(); changed;) {
    changed = false;
    for (auto& values : carried) {
      if (values.empty() || !aliases.mayContainAlias(values, written)) continue;
      written.insert(written.end(), values.begin(), values.end());
      values.clear();
      changed = true;
    }
  }
  return written;
}

}  // namespace

bool hides_writes(const GraphPtr& graph) {
  auto nodes = all_nodes(graph->block());
  std::vector<Value*> hidden;
  for (Node* node : nodes) {
    const auto memories = hidden_memory(node);
    hidden.insert(hidden.end(), memories.begin(), memories.end());
    if (!memories.empty()) hidden.push_back(node->output());
  }
  if (hidden.empty()) return false;
  const ShownMemory shown(graph);
  nodes = all_nodes(graph->block());
  const torch::jit::AliasDb aliases(graph);
  const auto written = written_tensors(nodes, aliases);
  for (Value* value : hidden) {
    const auto reaches = [&](Value* other) { return aliases.mayContainAlias(value, other); };
    const auto found = std::find_if(written.begin(), written.end(), reaches);
    if (found == written.end()) continue;
    LOG_DEBUG("a write may reach hidden memory: of "
              << util::value_info(*found) << " = " << util::node_info((*found)->node()) << " to "
              << util::value_info(value) << " of " << util::node_info(value->node()));
    return true;
  }
  return false;
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
