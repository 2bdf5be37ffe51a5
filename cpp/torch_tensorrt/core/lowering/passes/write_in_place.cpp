#include <algorithm>
#include <string>

#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/lowering/passes/write_walk.h"
#include "torch_tensorrt/core/util/macros.h"

// Visits operators that write.
namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::Node;
using torch::jit::Value;
using Kind = Alias::Kind;

c10::Symbol aten(const char* name) { return c10::Symbol::aten(name); }

}  // namespace

void WriteWalk::visit_write(Node* node, const std::vector<Alias>& aliases) {
  const auto written = written_arguments(node);
  if (replaces_memory(node)) {
    throw Refused(operator_and_line(node) +
                  " replaces the memory of a tensor, which cannot be compiled; make a new tensor instead");
  }
  if (!is_tensor_type(node->input(written[0])->type())) return visit_list_write(node, aliases);
  if (changes_nothing(node)) return model_.bind(node->output(), aliases[0]);
  if (changes_shape_in_place(node)) return visit_shape_write(node, aliases[0]);
  const bool is_in_place = written == std::vector<size_t>{0} && node->outputs().size() <= 1;
  if (!is_in_place && node->outputs().size() != written.size()) {
    throw Refused(operator_and_line(node) + " writes an argument and returns other results, which cannot be compiled");
  }
  auto* functional = functional_form(node, written);
  const bool has_form = functional != nullptr;
  if (!has_form) functional = on_a_copy(node, is_in_place);
  for (size_t i = 0; i < written.size(); ++i) {
    const Alias& alias = aliases[written[i]];
    if (alias.kind != Kind::kTensor) {
      throw Refused(operator_and_line(node) +
                    " writes an argument whose tensors cannot be told apart; write each tensor by itself");
    }
    write(node, alias.tensor->view, functional->outputs()[i], node->input(written[i]), is_in_place);
    if (i < node->outputs().size()) model_.bind(node->outputs()[i], alias);
  }
  retired_.push_back(node);
}

// Applies an operator without functional form to a copy of its argument.
Node* WriteWalk::on_a_copy(Node* node, bool is_in_place) {
  if (!is_in_place || node->outputs().size() != 1) {
    throw Refused(operator_and_line(node) + " writes an argument and has no out-of-place form; use another operator");
  }
  auto* none = constant_before(node, torch::jit::IValue());
  auto* copy = insert_before(node, aten("clone"), {node->input(0), none}, c10::TensorType::get());
  auto* again = graph_.createClone(node, [](Value* v) { return v; });
  again->replaceInput(0, copy->output());
  return again->insertBefore(node);
}

// The written tensor keeps its dtype and shape. But out= takes the shape of the result if no view shares the tensor and
// the caller did not pass it.
void WriteWalk::write(Node* node, View* view, Value* result, Value* old, bool is_in_place) {
  static const auto kAsWritten = c10::Symbol::fromQualString("trt::as_written");
  result->setType(c10::TensorType::get());
  const auto* storage = view->storage;
  const bool keeps_shape = is_in_place || view->parent != nullptr || storage->has_views ||
                           storage->argument != nullptr || !model_.linked_with(storage).empty();
  if (!is_in_place || !keeps_shape_and_dtype(node)) {
    auto* flag = constant_before(node, keeps_shape);
    result = insert_before(node, kAsWritten, {result, old, flag}, c10::TensorType::get())->output();
  }
  model_.write(view, result, node);
}

// A list, dict or object that takes a tensor holds the tensor from now on.
void WriteWalk::visit_list_write(Node* node, const std::vector<Alias>& aliases) {
  const auto* schema = node->maybeSchema();
  const auto& self = schema->arguments()[written_arguments(node)[0]];
  const bool writes_elements = std::string(node->kind().toUnqualString()).rfind("_foreach", 0) == 0;
  if (writes_elements) {
    throw Refused(str(operator_and_line(node), " writes the tensors of the list ", self.name(),
                      ", which cannot be compiled; write each tensor by itself"));
  }
  Storages all;
  for (const auto& alias : aliases) {
    for (auto* storage : model_.storages(alias)) all.insert(storage);
  }
  for (auto* storage : all) model_.relate(*model_.storages(aliases[0]).begin(), storage);
  for (auto* output : node->outputs()) {
    if (output->type() == node->input(0)->type()) {
      model_.bind(output, aliases[0]);
    } else {
      bind_unknown(output, aliases);
    }
  }
}

// Leaves an exception in place of the node, because conversion may know that the node's branch is not taken.
void WriteWalk::raise_where_reached(Node* node, Node* instead, const std::string& message) {
  auto* raised = graph_.create(c10::prim::RaiseException, {}, 0);
  raised->addInput(constant_before(node, message));
  raised->addInput(constant_before(node, torch::jit::IValue()));
  raised->copyMetadata(node);
  raised->insertBefore(node);
  instead->output()->setType(c10::TensorType::get());
  node->output()->replaceAllUsesWith(instead->output());
  bind_unknown(instead->output(), {});
  retired_.push_back(node);
}

// x.t_(): every name of the tensor x now refers to its transposed view.
void WriteWalk::visit_shape_write(Node* node, const Alias& alias) {
  auto* view_node = functional_form(node, {0});
  const bool is_outside = alias.kind == Kind::kTensor && alias.tensor->block != node->owningBlock();
  const auto* owner = node->owningBlock()->owningNode();
  if (view_node != nullptr && is_outside && owner != nullptr && owner->kind() == c10::prim::If) {
    return raise_where_reached(node, view_node,
                               operator_and_line(node) +
                                   " changes the shape of a tensor that was made outside its branch; use the "
                                   "out-of-place form");
  }
  if (alias.kind != Kind::kTensor || view_node == nullptr || alias.tensor->block != node->owningBlock()) {
    throw Refused(operator_and_line(node) +
                  " changes the shape of a tensor that was made outside its branch or loop; "
                  "use the out-of-place form");
  }
  auto* storage = alias.tensor->view->storage;
  if (storage->has_other_names || !storage->perhaps.empty() || !model_.linked_with(storage).empty()) {
    throw Refused(operator_and_line(node) +
                  " changes the shape of a tensor that may have another name (to(), flatten() "
                  "and atleast_1d() may return their argument itself); use the out-of-place form");
  }
  auto* argument = storage->argument;
  if (argument != nullptr && model_.of(argument).tensor == alias.tensor) {
    throw Refused(str(operator_and_line(node), " changes the shape of the argument ", argument->debugName(),
                      " itself, which an engine cannot do to the caller's tensor; use the out-of-place form"));
  }
  auto* parent = alias.tensor->view;
  require_layout(node, parent);
  view_node->output()->setType(c10::TensorType::get());
  alias.tensor->view = model_.new_view(parent, {view_node, 0}, view_node->output(), false);
  model_.bind(node->output(), alias);
  retired_.push_back(node);
}

}  // namespace torch_tensorrt::core::lowering::passes
