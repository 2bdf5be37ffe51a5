#include <algorithm>

#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/lowering/passes/write_walk.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;
using Kind = Alias::Kind;

c10::Symbol aten(const char* name) { return c10::Symbol::aten(name); }

bool takes_list_item(const Node* node) {
  return node->kind() == aten("__getitem__") && node->input(0)->type()->kind() == c10::TypeKind::ListType;
}

}  // namespace

void WriteWalk::run() {
  for (auto* input : graph_.inputs()) bind_argument(input);
  walk(graph_.block());
  write_arguments();
  for (auto node = retired_.rbegin(); node != retired_.rend(); ++node) (*node)->destroy();
}

// Returns the aliases of the block's outputs.
std::vector<Alias> WriteWalk::walk(Block* block) {
  for (auto it = block->nodes().begin(); it != block->nodes().end();) {
    auto* node = *it;
    ++it;
    visit(node);
  }
  return redirect(block->return_node());
}

// Makes the node read the current values of its arguments. Returns the aliases of the original arguments.
std::vector<Alias> WriteWalk::redirect(Node* node) {
  std::vector<Alias> aliases;
  for (size_t i = 0; i < node->inputs().size(); ++i) {
    auto* value = node->input(i);
    aliases.push_back(model_.of(value));
    auto* now = model_.read(value, node);
    if (now == value) continue;
    node->replaceInput(i, now);
    if (!model_.knows(now)) model_.bind(now, aliases.back());
  }
  return aliases;
}

void WriteWalk::visit(Node* node) {
  if (node->kind() == c10::prim::Constant) return;
  if (node->kind() == c10::prim::If) return visit_if(node);
  if (node->kind() == c10::prim::Loop) return visit_loop(node);
  const auto aliases = redirect(node);
  if (writes_tensors(node)) return is_marked(node) ? leave_write(node, aliases) : visit_write(node, aliases);
  const auto& outputs = node->outputs();
  const bool gives_tensors =
      std::any_of(outputs.begin(), outputs.end(), [](const Value* v) { return holds_tensors(v->type()); });
  if (!gives_tensors) return relate_all(node, aliases);
  if (node->kind() == c10::prim::ListConstruct || node->kind() == c10::prim::TupleConstruct) {
    return visit_construct(node, aliases);
  }
  const bool unpacks = node->kind() == c10::prim::TupleUnpack || node->kind() == c10::prim::ListUnpack;
  if (unpacks) return visit_unpack(node, aliases[0]);
  if (node->kind() == c10::prim::TupleIndex || takes_list_item(node)) return visit_item(node, aliases[0]);
  visit_operator(node, aliases);
}

// Keeps a write that PyTorch runs; its results are the written arguments.
void WriteWalk::leave_write(Node* node, const std::vector<Alias>& aliases) {
  const auto written = written_arguments(node);
  for (size_t i = 0; i < node->outputs().size() && i < written.size(); ++i) {
    model_.bind(node->outputs()[i], aliases[written[i]]);
  }
}

// An object that is given a value holds the value from now on.
void WriteWalk::relate_all(Node* node, const std::vector<Alias>& aliases) {
  if (node->maybeSchema() != nullptr) return;
  Storages all;
  for (const auto& alias : aliases) {
    for (auto* storage : model_.storages(alias)) all.insert(storage);
  }
  for (auto* a : all) {
    for (auto* b : all) model_.relate(a, b);
  }
}

// Copies the final elements into the caller's written tensors.
void WriteWalk::write_arguments() {
  auto* end = graph_.return_node();
  for (const auto& storage : model_.all_storages()) {
    if (storage.argument == nullptr) continue;
    if (!storage.doubt.empty()) {
      throw Refused(str(storage.doubt, " writes in place, and while compiling it is not known whether the argument ",
                        storage.argument->debugName(), " shares the written memory; write to a clone()"));
    }
    if (!model_.is_written(storage)) continue;
    auto* no = constant_before(end, false);
    Value* argument = storage.argument;
    if (argument->type()->kind() == c10::TypeKind::OptionalType) {  // None is not written
      argument = insert_before(end, c10::prim::unchecked_unwrap_optional, {argument}, c10::TensorType::get())->output();
    }
    insert_before(end, aten("copy_"), {argument, storage.whole->value, no}, c10::TensorType::get());
  }
}

bool write_through_views(const GraphPtr& graph) {
  const auto nodes = all_nodes(graph->block());
  const bool writes = std::any_of(nodes.begin(), nodes.end(), [](const Node* node) {
    return !is_marked(node) && writes_tensors(node) && is_tensor_type(node->input(written_arguments(node)[0])->type());
  });
  if (!writes) return false;
  // The model of memory does not follow tensors through dicts.
  for (const auto* node : nodes) {
    for (const auto* output : node->outputs()) {
      if (output->type()->kind() != c10::TypeKind::DictType || !holds_tensors(output->type())) continue;
      throw Refused(str("the method writes a tensor in place and keeps tensors in a dict (", operator_and_line(node),
                        "), so the readers of the tensor cannot be found; write to a clone(), or use a tuple"));
    }
  }
  WriteWalk(*graph).run();
  return true;
}

}  // namespace torch_tensorrt::core::lowering::passes
