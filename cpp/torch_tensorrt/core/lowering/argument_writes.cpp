#include "torch_tensorrt/core/lowering/argument_writes.h"

#include <algorithm>

#include "torch/csrc/jit/ir/constants.h"

#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::lowering {
namespace {

using torch::jit::Node;
using torch::jit::Value;

// Finds the tensor's position in the arguments; false if the caller did not pass it.
bool find_place(const Value* value, ArgumentWrite& write) {
  const auto* node = value->node();
  if (node->kind() == c10::prim::Param) {
    write.argument = value->offset();
    return node->owningBlock()->owningNode() == nullptr;
  }
  size_t place = value->offset();
  if (node->kind() == c10::Symbol::aten("__getitem__")) {
    place = static_cast<size_t>(torch::jit::toIValue(node->input(1)).value_or(0).toInt());
  } else if (node->kind() != c10::prim::TupleUnpack && node->kind() != c10::prim::ListUnpack) {
    return false;
  }
  if (!find_place(node->input(0), write)) return false;
  write.path.push_back(place);
  return true;
}

bool is_copy_to_argument(const Node* node) {
  ArgumentWrite ignored;
  return node->kind() == c10::Symbol::aten("copy_") && !node->output()->hasUses() &&
         find_place(node->input(0), ignored);
}

std::vector<Node*> copies_to_arguments(torch::jit::Graph& graph) {
  std::vector<Node*> copies;
  for (auto* node : graph.nodes()) {
    if (is_copy_to_argument(node)) copies.push_back(node);
  }
  return copies;
}

// Collects the tensors of a result in order. False if the graph does not tell the length of a list.
bool collect_tensors(Value* value, std::vector<Value*>& tensors) {
  if (passes::is_tensor_type(value->type())) {
    tensors.push_back(value);
    return true;
  }
  const auto* node = value->node();
  if (node->kind() != c10::prim::TupleConstruct && node->kind() != c10::prim::ListConstruct) return false;
  return std::all_of(node->inputs().begin(), node->inputs().end(),
                     [&](const Value* part) { return collect_tensors(const_cast<Value*>(part), tensors); });
}

}  // namespace

ArgumentWrites return_argument_writes(torch::jit::Graph& graph) {
  ArgumentWrites result;
  std::vector<Value*> tensors;
  bool is_counted = true;
  for (auto* output : graph.outputs()) is_counted = is_counted && collect_tensors(output, tensors);
  for (auto* copy : copies_to_arguments(graph)) {
    ArgumentWrite write;
    find_place(copy->input(0), write);
    auto* value = copy->input(1);
    const auto found = is_counted ? std::find(tensors.begin(), tensors.end(), value) : tensors.end();
    write.is_result = found != tensors.end();
    write.output = write.is_result ? static_cast<size_t>(found - tensors.begin()) : result.added_outputs++;
    if (!write.is_result) graph.registerOutput(value);
    result.writes.push_back(std::move(write));
    copy->destroy();
  }
  return result;
}

void drop_argument_writes(torch::jit::Graph& graph) {
  for (auto* copy : copies_to_arguments(graph)) {
    ArgumentWrite write;
    find_place(copy->input(0), write);
    LOG_WARNING(
        "the method writes its argument "
        << graph.inputs()[write.argument]->debugName()
        << " in place; an engine only returns results and leaves the argument unchanged (a module made by compile() "
        << "writes it)");
    copy->destroy();
  }
}

}  // namespace torch_tensorrt::core::lowering
