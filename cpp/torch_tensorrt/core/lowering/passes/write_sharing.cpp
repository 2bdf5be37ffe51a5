#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/lowering/passes/write_walk.h"
#include "torch_tensorrt/core/util/macros.h"

// Finds which results share the memory of which arguments.
namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::Node;
using torch::jit::Value;
using Kind = Alias::Kind;

c10::Symbol aten(const char* name) { return c10::Symbol::aten(name); }

std::optional<int64_t> constant_int(const Value* value) {
  const auto constant = torch::jit::toIValue(value);
  if (!constant || !constant->isInt()) return std::nullopt;
  return constant->toInt();
}

// The argument of that name; null if the schema has no such argument.
Value* argument_named(const Node* node, const char* name) {
  const auto* schema = node->maybeSchema();
  const auto place = schema == nullptr ? std::nullopt : schema->argumentIndexWithName(name);
  return place ? const_cast<Node*>(node)->input(*place) : nullptr;
}

bool is_none_or(const Value* value, int64_t number) {
  return value == nullptr || value->mustBeNone() || constant_int(value) == number;
}

// Whether a view of a contiguous tensor is contiguous too.
bool stays_contiguous(const Node* node) {
  static const std::set<std::string> kAlways = {"view",           "_unsafe_view", "unsqueeze",  "squeeze",    "flatten",
                                                "unflatten",      "reshape",      "view_as",    "reshape_as", "ravel",
                                                "_reshape_alias", "atleast_1d",   "atleast_2d", "atleast_3d"};
  static const std::set<std::string> kAlongFirst = {"slice", "select", "narrow", "unbind", "split", "chunk"};
  const std::string name = node->kind().toUnqualString();
  if (kAlways.count(name) != 0) return true;
  if (kAlongFirst.count(name) == 0) return false;
  const auto* dim = argument_named(node, "dim");
  const auto* step = argument_named(node, "step");
  return dim != nullptr && constant_int(dim) == 0 && (step == nullptr || constant_int(step) == 1);
}

// Whether the operator returns its argument itself if there is nothing to do.
bool may_be_argument(const Node* node) {
  static const std::set<std::string> kNames = {"atleast_1d", "atleast_2d", "atleast_3d", "flatten",
                                               "mT",         "mH",         "adjoint"};
  return kNames.count(node->kind().toUnqualString()) != 0;
}

}  // namespace

// as_strided addresses the memory itself, and only a whole contiguous tensor has a known layout.
void require_layout(const Node* node, const View* viewed) {
  const bool sees_memory = node->kind() == aten("as_strided") || node->kind() == aten("as_strided_");
  if (!sees_memory || (viewed->parent == nullptr && viewed->is_contiguous)) return;
  throw Refused(
      operator_and_line(node) +
      " views the memory of a tensor whose strides are not known while compiling, in a method that writes in place; "
      "apply it to a clone() of the tensor");
}

void WriteWalk::visit_operator(Node* node, const std::vector<Alias>& aliases) {
  switch (sharing(node)) {
    case Sharing::kSame:
      return bind_same(node, aliases[0]);
    case Sharing::kView:
      return visit_view(node, aliases);
    case Sharing::kCast:
      return visit_cast(node, aliases);
    case Sharing::kPerhaps:
      return visit_perhaps(node, aliases);
    case Sharing::kNone:
      break;
  }
  const auto* schema = node->maybeSchema();
  const bool is_known = schema != nullptr && node->outputs().size() == schema->returns().size();
  for (auto* output : node->outputs()) {
    if (is_known && is_tensor_type(output->type())) {
      model_.bind(output, model_.new_tensor(output, is_fresh_contiguous(node, aliases)));
    } else {
      bind_unknown(output, aliases);
    }
  }
}

// Names every tensor of a tuple that the caller passes. A tensor of a list gets its name when it is read.
void WriteWalk::bind_argument(Value* input) {
  if (is_tensor_type(input->type())) return model_.bind(input, model_.new_argument(input));
  if (input->type()->kind() != c10::TypeKind::TupleType || !holds_tensors(input->type())) return;
  auto* node = graph_.createTupleUnpack(input);
  graph_.prependNode(node);
  Alias alias;
  alias.kind = Kind::kParts;
  for (auto* part : node->outputs()) {
    bind_argument(part);
    alias.parts.push_back(model_.of(part));
    alias.made_of.push_back(part);
  }
  model_.bind(input, std::move(alias));
}

// detach gives another tensor with the same elements. A cast of an optional gives the tensor itself under a new name,
// whose type excludes None.
void WriteWalk::bind_same(Node* node, const Alias& alias) {
  if (alias.kind != Kind::kTensor) return model_.bind(node->output(), alias);
  const bool is_cast = node->kind().is_prim() || node->kind() == aten("_unwrap_optional");
  if (!is_cast) return model_.bind(node->output(), model_.tensor_of(alias.tensor->view, node->owningBlock()));
  model_.rename(alias.tensor->view, node->output());
  model_.bind(node->output(), alias);
}

// Binds a value that may share memory with any of these, or with none.
void WriteWalk::bind_unknown(Value* value, const std::vector<Alias>& aliases) {
  if (!holds_tensors(value->type())) return;
  const bool is_tensor = is_tensor_type(value->type());
  Alias alias = is_tensor ? model_.new_tensor(value, /*is_contiguous=*/false) : model_.new_opaque(value);
  auto* own = *model_.storages(alias).begin();
  for (const auto& other : aliases) {
    for (auto* storage : model_.storages(other)) model_.relate(own, storage);
  }
  model_.bind(value, std::move(alias));
}

void WriteWalk::visit_construct(Node* node, const std::vector<Alias>& aliases) {
  const bool is_list = node->kind() == c10::prim::ListConstruct;
  if (is_list && !is_fixed_list(node->output())) return bind_unknown(node->output(), aliases);
  Alias alias;
  alias.kind = Kind::kParts;
  alias.parts = aliases;
  alias.made_of.assign(node->inputs().begin(), node->inputs().end());
  model_.bind(node->output(), std::move(alias));
}

void WriteWalk::visit_unpack(Node* node, const Alias& whole) {
  for (size_t i = 0; i < node->outputs().size(); ++i) {
    Value* index = nullptr;
    if (whole.kind == Kind::kViews) index = constant_before(node, static_cast<int64_t>(i));
    bind_part(node->outputs()[i], node, whole, static_cast<int64_t>(i), index);
  }
}

void WriteWalk::visit_item(Node* node, const Alias& whole) {
  bind_part(node->output(), node, whole, constant_int(node->input(1)), node->input(1));
}

void WriteWalk::bind_part(Value* part, Node* node, const Alias& whole, std::optional<int64_t> place, Value* index) {
  if (!holds_tensors(part->type())) return;
  if (whole.kind == Kind::kViews) {
    const ViewStep step{nullptr, 0, index, whole.views->step.node};
    auto* view = model_.new_view(whole.views, step, part, whole.views->is_contiguous);
    return model_.bind(part, model_.tensor_of(view, node->owningBlock()));
  }
  if (whole.kind == Kind::kParts && place) {
    const auto count = static_cast<int64_t>(whole.parts.size());
    const int64_t at = *place < 0 ? *place + count : *place;
    if (at >= 0 && at < count) return model_.bind(part, whole.parts[at]);
  }
  if (whole.kind == Kind::kOpaque && whole.storage->argument != nullptr && is_tensor_type(part->type())) {
    return bind_item_of_argument(part, node, whole, place);
  }
  bind_unknown(part, {whole});
}

// Each element of a list that the caller passes is a separate tensor.
void WriteWalk::bind_item_of_argument(Value* part, Node* node, const Alias& list, std::optional<int64_t> place) {
  auto& items = items_of_arguments_[list.storage];
  if (place && *place >= 0 && node->owningBlock() == graph_.block()) {
    const auto known = items.find(*place);
    if (known == items.end()) items.emplace(*place, model_.new_argument(part));
    return model_.bind(part, items.at(*place));
  }
  std::vector<Alias> all = {list};
  for (const auto& [i, item] : items) {
    all.push_back(item);
    if (model_.is_written(*item.tensor->view->storage)) {
      throw Refused(
          operator_and_line(node) +
          " reads an element of a list argument, by an index that is not known while compiling, after another element "
          "was written in place; write to a clone() of that element");
    }
  }
  bind_unknown(part, all);
}

void WriteWalk::visit_view(Node* node, const std::vector<Alias>& aliases) {
  const auto viewed = viewed_argument(node);
  const bool is_one = node->outputs().size() == 1 && viewed && aliases[*viewed].kind == Kind::kTensor;
  if (!is_one) return bind_all_unknown(node, aliases);
  auto* output = node->output();
  auto* parent = aliases[*viewed].tensor->view;
  require_layout(node, parent);
  const bool is_list = output->type()->kind() == c10::TypeKind::ListType;
  if (is_list && !is_fixed_list(output)) return bind_unknown(output, aliases);
  if (may_be_argument(node)) parent->storage->has_other_names = true;
  auto* view = model_.new_view(parent, {node, *viewed}, output, parent->is_contiguous && stays_contiguous(node));
  if (!is_list) return model_.bind(output, model_.tensor_of(view, node->owningBlock()));
  Alias alias;
  alias.kind = Kind::kViews;
  alias.views = view;
  model_.bind(output, std::move(alias));
}

void WriteWalk::bind_all_unknown(Node* node, const std::vector<Alias>& aliases) {
  for (auto* output : node->outputs()) bind_unknown(output, aliases);
}

void WriteWalk::visit_cast(Node* node, const std::vector<Alias>& aliases) {
  const auto* copy = argument_named(node, "copy");
  const bool copies = copy != nullptr && constant_bool(copy) == true;
  const auto* format = argument_named(node, "memory_format");
  const bool is_plain = (copy == nullptr || constant_bool(copy)) && (format == nullptr || format->mustBeNone());
  if (aliases.empty() || aliases[0].kind != Kind::kTensor || (!copies && !is_plain)) {
    return bind_all_unknown(node, aliases);
  }
  auto* source = aliases[0].tensor->view;
  Alias alias = model_.new_tensor(node->output(), source->is_contiguous);
  if (!copies) model_.link(source, alias.tensor->view->storage, /*condition=*/nullptr);
  model_.bind(node->output(), std::move(alias));
}

void WriteWalk::visit_perhaps(Node* node, const std::vector<Alias>& aliases) {
  static const std::set<c10::Symbol> kRegroup = {aten("reshape"), aten("reshape_as"), aten("flatten"), aten("ravel")};
  const bool is_contiguous =
      !aliases.empty() && aliases[0].kind == Kind::kTensor && aliases[0].tensor->view->is_contiguous;
  if (is_contiguous && kRegroup.count(node->kind()) != 0) return visit_view(node, aliases);
  if (node->kind() == aten("contiguous") && is_none_or(argument_named(node, "memory_format"), 0)) {
    if (is_contiguous) return model_.bind(node->output(), aliases[0]);
    bind_unknown(node->output(), aliases);
    model_.of(node->output()).tensor->view->is_contiguous = true;
    return;
  }
  bind_all_unknown(node, aliases);
}

bool WriteWalk::is_contiguous(const Alias& alias) const {
  if (alias.kind == Kind::kNothing) return true;
  if (alias.kind == Kind::kTensor) return alias.tensor->view->is_contiguous;
  const auto all = [this](const Alias& part) { return is_contiguous(part); };
  return alias.kind == Kind::kParts && std::all_of(alias.parts.begin(), alias.parts.end(), all);
}

bool WriteWalk::is_fresh_contiguous(const Node* node, const std::vector<Alias>& aliases) const {
  return keeps_contiguous(node) &&
         std::all_of(aliases.begin(), aliases.end(), [this](const Alias& alias) { return is_contiguous(alias); });
}

}  // namespace torch_tensorrt::core::lowering::passes
