#include "torch_tensorrt/core/lowering/passes/write_walk.h"

#include <algorithm>

#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

bool is_inside(const Value* value, const Block* body) {
  const auto* block = value->node()->owningBlock();
  while (block != body && block->owningNode() != nullptr) block = block->owningNode()->owningBlock();
  return block == body;
}

class Tracer {
 public:
  Tracer(AliasModel& model, const Block* body) : model_(model), body_(body) {}

  void trace(Value* value) {
    if (!holds_tensors(value->type()) || !seen_.insert(value).second) return;
    if (!is_inside(value, body_)) {
      const auto storages = model_.storages(model_.of(value));
      found_.storages.insert(storages.begin(), storages.end());
      return;
    }
    auto* node = value->node();
    if (node->kind() == c10::prim::Param) return trace_parameter(value);
    if (node->kind() == c10::prim::If) return trace_outputs(node, value->offset());
    if (node->kind() == c10::prim::Loop) {
      trace(node->input(value->offset() + 2));
      return trace(node->blocks()[0]->outputs()[value->offset() + 1]);
    }
    trace_operator(node, value);
  }

  Sources take() { return std::move(found_); }

 private:
  void trace_parameter(Value* value) {
    found_.inside.insert(value);
    auto* block = value->node()->owningBlock();
    auto* owner = block->owningNode();
    if (owner == nullptr || owner->kind() != c10::prim::Loop || value->offset() == 0) return;
    trace(owner->input(value->offset() + 1));
    trace(block->outputs()[value->offset()]);
  }

  void trace_outputs(Node* node, size_t place) {
    for (auto* block : node->blocks()) trace(block->outputs()[place]);
  }

  // A written tensor stays the same tensor. Other results may be any argument unless the operator makes new memory.
  void trace_operator(Node* node, Value* value) {
    const bool shares = node->maybeSchema() == nullptr || writes_tensors(node) || sharing(node) != Sharing::kNone ||
                        !is_tensor_type(value->type()) || gives_part(node);
    if (!shares || node->inputs().empty()) found_.inside.insert(value);
    if (!shares) return;
    for (auto* input : node->inputs()) trace(input);
  }

  static bool gives_part(const Node* node) {
    const auto& inputs = node->inputs();
    return std::any_of(inputs.begin(), inputs.end(), [](const Value* input) {
      return !is_tensor_type(input->type()) && holds_tensors(input->type());
    });
  }

  AliasModel& model_;
  const Block* body_;
  std::set<const Value*> seen_;
  Sources found_;
};

// Whether the operator returns its first argument itself, written or not.
bool gives_argument(const Node* node) {
  if (node->inputs().empty() || !is_tensor_type(node->input(0)->type()) || changes_shape_in_place(node)) return false;
  const auto written = written_arguments(node);
  return written == std::vector<size_t>{0} || (written.empty() && sharing(node) == Sharing::kSame);
}

class EndTracer {
 public:
  EndTracer(AliasModel& model, const Block* body) : model_(model), body_(body) {}

  void trace(Value* value) {
    if (value->type()->kind() == c10::TypeKind::NoneType || !seen_.insert(value).second) return;
    if (!is_inside(value, body_)) {
      ends_.outside.insert(value);
      return;
    }
    auto* node = value->node();
    if (node->kind() == c10::prim::Param) return trace_parameter(value);
    if (node->kind() == c10::prim::If) {
      for (auto* block : node->blocks()) trace(block->outputs()[value->offset()]);
      return;
    }
    if (node->kind() == c10::prim::Loop) {
      trace(node->input(value->offset() + 2));
      return trace(node->blocks()[0]->outputs()[value->offset() + 1]);
    }
    if (gives_argument(node)) return trace(node->input(0));
    add_fresh(value);
  }

  LoopEnds take() { return std::move(ends_); }

 private:
  void trace_parameter(Value* value) {
    auto* block = value->node()->owningBlock();
    if (block == body_) {
      ends_.parameters.insert(value->offset() - 1);
      return;
    }
    trace(block->owningNode()->input(value->offset() + 1));
    trace(block->outputs()[value->offset()]);
  }

  void add_fresh(Value* value) {
    const auto sources = sources_of(model_, value, body_);
    const auto inputs = body_->inputs();
    const bool is_fresh = sources.storages.empty() &&
                          std::none_of(inputs.begin(), inputs.end(),
                                       [&](const Value* parameter) { return sources.inside.count(parameter) != 0; });
    ends_.is_known = ends_.is_known && is_fresh && is_tensor_type(value->type());
    ends_.fresh.insert(sources.inside.begin(), sources.inside.end());
  }

  AliasModel& model_;
  const Block* body_;
  std::set<const Value*> seen_;
  LoopEnds ends_;
};

void add_related(Storages& storages, const AliasModel& model) {
  std::vector<Storage*> open(storages.begin(), storages.end());
  while (!open.empty()) {
    auto* storage = open.back();
    open.pop_back();
    for (auto* other : model.linked_with(storage)) {
      if (storages.insert(other).second) open.push_back(other);
    }
  }
}

// Whether the value is a result of the graph and nothing else.
bool is_returned(const Value* value) {
  const auto& uses = value->uses();
  return std::all_of(uses.begin(), uses.end(), [](const torch::jit::Use& use) {
    return use.user->kind() == c10::prim::Return && use.user->owningBlock()->owningNode() == nullptr;
  });
}

}  // namespace

LoopEnds ends_of(AliasModel& model, Value* end, const Block* body) {
  EndTracer tracer(model, body);
  tracer.trace(end);
  return tracer.take();
}

Sources sources_of(AliasModel& model, Value* value, const Block* body) {
  Tracer tracer(model, body);
  tracer.trace(value);
  return tracer.take();
}

Sources written_in(AliasModel& model, const Block* body) {
  Tracer tracer(model, body);
  for (auto* node : all_nodes(const_cast<Block*>(body))) {
    if (!writes_tensors(node)) continue;
    for (const size_t i : written_arguments(node)) {
      if (is_tensor_type(node->input(i)->type())) tracer.trace(node->input(i));
    }
  }
  Sources sources = tracer.take();
  Storages written;
  for (auto* storage : sources.storages) {
    if (storage->whole != nullptr) written.insert(storage);
  }
  add_related(written, model);
  sources.storages = std::move(written);
  return sources;
}

bool is_same_tensor(const Value* value, const Value* parameter) {
  if (value == parameter) return true;
  const auto* node = value->node();
  const auto all = [&](const Node* owner, size_t place) {
    return std::all_of(owner->blocks().begin(), owner->blocks().end(),
                       [&](const Block* block) { return is_same_tensor(block->outputs()[place], parameter); });
  };
  if (node->kind() == c10::prim::If) return all(node, value->offset());
  if (node->kind() == c10::prim::Loop) {
    const auto* body = node->blocks()[0];
    return is_same_tensor(node->input(value->offset() + 2), parameter) &&
           is_same_tensor(body->outputs()[value->offset() + 1], body->inputs()[value->offset() + 1]);
  }
  const bool is_write = written_arguments(node) == std::vector<size_t>{0} && !changes_shape_in_place(node) &&
                        is_tensor_type(node->input(0)->type());
  const bool is_cast =
      node->kind() == c10::prim::unchecked_cast || node->kind() == c10::prim::unchecked_unwrap_optional;
  return (is_write || is_cast) && is_same_tensor(node->input(0), parameter);
}

bool is_fixed_list(const Value* list) {
  const auto& uses = list->uses();
  return std::all_of(uses.begin(), uses.end(), [&](const torch::jit::Use& use) {
    const auto* user = use.user;
    if (user->kind() == c10::prim::Return) return user->owningBlock()->owningNode() == nullptr;
    if (user->kind() == c10::prim::ListUnpack) return true;
    if (user->kind() == c10::prim::TupleConstruct) return is_returned(user->output());
    if (user->maybeSchema() == nullptr) return false;
    const auto written = written_arguments(user);
    return std::find(written.begin(), written.end(), use.offset) == written.end();
  });
}

}  // namespace torch_tensorrt::core::lowering::passes
