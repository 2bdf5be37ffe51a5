#include "torch_tensorrt/core/lowering/passes/alias_model.h"

#include <algorithm>

#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::Node;
using torch::jit::Value;

// Checks the memory of constants. The caller's tensors count as contiguous: they arrive in the input's format.
bool is_contiguous(const Value* value) {
  const auto* node = value->node();
  if (node->kind() == c10::prim::Param) return node->owningBlock()->owningNode() == nullptr;
  const auto constant = torch::jit::toIValue(value);
  return constant && constant->isTensor() && constant->toTensor().defined() && constant->toTensor().is_contiguous();
}

bool is_argument(const Value* value) {
  const auto* node = value->node();
  return node->kind() == c10::prim::Param && node->owningBlock()->owningNode() == nullptr;
}

bool is_list(const View* view) {
  return view->step.node != nullptr && view->step.node->output()->type()->kind() == c10::TypeKind::ListType;
}

// The step nearest to the storage that no single operator can write back through; null if there is none. A list of
// views and its element count as one step.
View* first_hard_step(View* view) {
  View* hard = nullptr;
  for (; view->parent != nullptr; view = view->parent) {
    if (!is_list(view) && !can_write_back(view->step)) hard = is_list(view->parent) ? view->parent : view;
  }
  return hard;
}

// Applies the steps on the way to `view` to the places of `top`'s parent; gives the places of `view`.
Value* derive_places(View* view, View* top, Value* places, Node* place) {
  auto* viewed = view == top ? places : derive_places(view->parent, top, places, place);
  return derive(view->step, viewed, place);
}

// Whether a step from `top`'s parent down to `view` may repeat an element.
bool may_repeat(const View* view, const View* top) {
  return may_repeat(view->step) || (view != top && may_repeat(view->parent, top));
}

void refuse_doubt(const Storage& storage, const Node* reader) {
  if (storage.doubt.empty()) return;
  const bool is_return = reader->kind() == c10::prim::Return;
  throw Refused(str(storage.doubt, " writes in place, and while compiling it is not known whether ",
                    is_return ? std::string("a result") : "an argument of " + operator_and_line(reader),
                    " shares the written memory; write to a clone() of the tensor, or use the out-of-place form of the "
                    "operator"));
}

}  // namespace

std::string operator_and_line(const Node* node) {
  const std::string line = util::GetPyTorchSourceCode(node);
  return std::string(node->kind().toQualString()) + (line.empty() ? "" : " (" + line + ")");
}

Storage* AliasModel::new_storage() {
  storages_.emplace_back();
  storages_.back().number = storages_.size() - 1;
  return &storages_.back();
}

Alias AliasModel::new_tensor(Value* value, bool contiguous) {
  auto* storage = new_storage();
  views_.emplace_back();
  auto* view = &views_.back();
  view->storage = storage;
  view->value = value;
  view->is_contiguous = contiguous;
  view->number = views_.size() - 1;
  storage->whole = view;
  if (is_argument(value)) storage->argument = value;
  return tensor_of(view, value->node()->owningBlock());
}

Alias AliasModel::new_opaque(Value* value) {
  Alias alias;
  alias.kind = Alias::Kind::kOpaque;
  alias.storage = new_storage();
  if (is_argument(value)) alias.storage->argument = value;
  return alias;
}

Alias AliasModel::new_argument(Value* value) {
  Alias alias = new_tensor(value, /*contiguous=*/true);
  alias.tensor->view->storage->argument = value;
  return alias;
}

Alias AliasModel::tensor_of(View* view, const torch::jit::Block* block) {
  tensors_.push_back({view, block});
  Alias alias;
  alias.kind = Alias::Kind::kTensor;
  alias.tensor = &tensors_.back();
  return alias;
}

View* AliasModel::new_view(View* parent, ViewStep step, Value* value, bool contiguous) {
  parent->storage->has_views = true;
  views_.push_back({parent->storage, parent, step, value, parent->storage->version, contiguous, views_.size()});
  return &views_.back();
}

View* AliasModel::unread_view(View* parent, ViewStep step, bool contiguous) {
  auto* view = new_view(parent, step, nullptr, contiguous);
  view->version = -1;
  return view;
}

const Alias& AliasModel::of(Value* value) {
  const auto known = aliases_.find(value);
  if (known != aliases_.end()) return known->second;
  Alias alias;
  if (is_tensor_type(value->type())) {
    alias = new_tensor(value, is_contiguous(value));
  } else if (holds_tensors(value->type())) {
    alias = new_opaque(value);
  }
  return aliases_[value] = std::move(alias);
}

Storages AliasModel::storages(const Alias& alias) const {
  switch (alias.kind) {
    case Alias::Kind::kNothing:
      return {};
    case Alias::Kind::kTensor:
      return {alias.tensor->view->storage};
    case Alias::Kind::kViews:
      return {alias.views->storage};
    case Alias::Kind::kOpaque:
      return {alias.storage};
    case Alias::Kind::kParts:
      break;
  }
  Storages all;
  for (const auto& part : alias.parts) {
    const auto inner = storages(part);
    all.insert(inner.begin(), inner.end());
  }
  return all;
}

void AliasModel::relate(Storage* a, Storage* b) {
  if (a == b) return;
  // Storages that may share one's memory may share the other's.
  Storages all = b->perhaps;
  all.insert(b);
  for (auto* other : all) {
    if (other == a) continue;
    a->perhaps.insert(other);
    other->perhaps.insert(a);
    related_.emplace_back(a, other);
  }
  if (a->doubt.empty()) a->doubt = b->doubt;
}

void AliasModel::require_certain(Storage& storage, const Node* reader) {
  if (!scopes_.empty()) scopes_.back().readers.emplace(&storage, reader);
  refuse_doubt(storage, reader);
}

void AliasModel::set(View* view, Value* value, int64_t version) {
  if (!scopes_.empty()) scopes_.back().views.push_back({view, view->value, view->version});
  view->value = value;
  view->version = version;
}

Value* AliasModel::elements_of(View* view, Node* place) {
  if (view->version == view->storage->version) return view->value;
  auto* viewed = elements_of(view->parent, place);
  set(view, derive(view->step, viewed, place), view->storage->version);
  return view->value;
}

Value* AliasModel::read(View* view, Node* reader) {
  if (!reads_no_elements(reader)) require_certain(*view->storage, reader);
  return elements_of(view, reader);
}

Value* AliasModel::read(Value* value, Node* reader) { return read_alias(of(value), value, reader); }

Value* AliasModel::read_alias(const Alias& alias, Value* value, Node* reader) {
  switch (alias.kind) {
    case Alias::Kind::kNothing:
      return value;
    case Alias::Kind::kTensor:
      return read(alias.tensor->view, reader);
    case Alias::Kind::kViews:
      return read(alias.views, reader);
    case Alias::Kind::kOpaque:
      require_certain(*alias.storage, reader);
      return value;
    case Alias::Kind::kParts:
      break;
  }
  return read_parts(alias, value, reader);
}

Value* AliasModel::read_parts(const Alias& alias, Value* value, Node* reader) {
  std::vector<Value*> parts;
  for (size_t i = 0; i < alias.parts.size(); ++i) parts.push_back(read_alias(alias.parts[i], alias.made_of[i], reader));
  if (parts == alias.made_of) return value;
  const bool is_tuple = value->type()->kind() == c10::TypeKind::TupleType;
  auto* anew = reader->owningGraph()->create(is_tuple ? c10::prim::TupleConstruct : c10::prim::ListConstruct, parts, 1);
  anew->copyMetadata(reader);
  anew->output()->setType(value->type());
  return anew->insertBefore(reader)->output();
}

void AliasModel::new_version(Storage* storage) {
  if (!scopes_.empty()) scopes_.back().versions.emplace(storage, storage->version);
  storage->version = ++last_version_;
}

// The new values of the views on the way from the written view to the storage.
std::vector<std::pair<View*, Value*>> AliasModel::written_back(View* view, Value* elements, const Target& target) {
  std::vector<std::pair<View*, Value*>> values = {{view, elements}};
  while (view->parent != nullptr) {
    for (const View* step = view; step->parent != nullptr; step = step->parent) {
      if (!is_read_only(step->step)) continue;
      throw Refused(str(operator_and_line(target.writer), " writes a view that has another dtype than its tensor (",
                        operator_and_line(step->step.node), "); write to the tensor itself"));
    }
    if (View* hard = first_hard_step(view)) {
      auto* base = elements_of(hard->parent, target.place);
      auto* places = derive_places(view, hard, places_of(base, target.place), target.place);
      const bool is_certain = target.writes_one_number || !may_repeat(view, hard);
      elements = write_at(base, places, elements, is_certain, target.place);
      view = hard->parent;
      // Later reads must go through the write, because only the write checks whether elements overlap in memory.
      values.clear();
    } else {
      View* viewed = is_list(view->parent) ? view->parent->parent : view->parent;
      elements = write_back(view->step, elements_of(viewed, target.place), elements, target.place);
      view = viewed;
    }
    values.emplace_back(view, elements);
  }
  return values;
}

void AliasModel::write_one(View* view, Value* elements, const Target& target) {
  const auto values = written_back(view, elements, target);
  new_version(view->storage);
  for (const auto& [written, value] : values) set(written, value, view->storage->version);
}

std::vector<Storage*> AliasModel::written_in_block() const {
  std::vector<Storage*> written;
  for (const auto& [storage, version] : scopes_.back().versions) {
    if (storage->number < scopes_.back().first_storage) written.push_back(storage);
  }
  return written;
}

void AliasModel::replace(Storage* storage, Value* value) {
  new_version(storage);
  set(storage->whole, value, storage->version);
}

void AliasModel::require_certain_again() const {
  for (const auto& [storage, reader] : scopes_.back().readers) refuse_doubt(*storage, reader);
}

void AliasModel::enter_block() {
  scopes_.emplace_back();
  scopes_.back().first_storage = storages_.size();
  scopes_.back().first_link = links_.size();
}

void AliasModel::leave_block() {
  const Scope scope = std::move(scopes_.back());
  scopes_.pop_back();
  for (auto saved = scope.views.rbegin(); saved != scope.views.rend(); ++saved) {
    saved->view->value = saved->value;
    saved->view->version = saved->version;
  }
  links_.resize(scope.first_link);
  if (!scopes_.empty()) scopes_.back().readers.insert(scope.readers.begin(), scope.readers.end());
  for (const auto& [storage, version] : scope.versions) {
    storage->version = version;
  }
}

}  // namespace torch_tensorrt::core::lowering::passes
