#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "torch_tensorrt/core/lowering/passes/alias_model.h"
#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/lowering/passes/write_tracing.h"
#include "torch_tensorrt/core/lowering/refused.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;
using Kind = Alias::Kind;

c10::Symbol aten(const char* name) { return c10::Symbol::aten(name); }

std::optional<int64_t> constant_int(const Value* value) {
  const auto constant = torch::jit::toIValue(value);
  if (!constant || !constant->isInt()) return std::nullopt;
  return constant->toInt();
}

// The argument of that name, null where the schema has none.
Value* argument_named(const Node* node, const char* name) {
  const auto* schema = node->maybeSchema();
  const auto place = schema == nullptr ? std::nullopt : schema->argumentIndexWithName(name);
  return place ? const_cast<Node*>(node)->input(*place) : nullptr;
}

bool is_none_or(const Value* value, int64_t number) {
  return value == nullptr || value->mustBeNone() || constant_int(value) == number;
}

bool takes_list_item(const Node* node) {
  return node->kind() == aten("__getitem__") && node->input(0)->type()->kind() == c10::TypeKind::ListType;
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

// Whether the operator gives its argument itself where there is nothing to do.
bool may_be_argument(const Node* node) {
  static const std::set<std::string> kNames = {"atleast_1d", "atleast_2d", "atleast_3d", "flatten",
                                               "mT",         "mH",         "adjoint"};
  return kNames.count(node->kind().toUnqualString()) != 0;
}

class Writes {
 public:
  explicit Writes(torch::jit::Graph& graph) : graph_(graph) {}

  void run() {
    for (auto* input : graph_.inputs()) bind_argument(input);
    walk(graph_.block());
    write_arguments();
    for (auto node = retired_.rbegin(); node != retired_.rend(); ++node) (*node)->destroy();
  }

 private:
  // ---- walking ----------------------------------------------------------------------------------------------------

  // What the outputs of the block stand for.
  std::vector<Alias> walk(Block* block) {
    for (auto it = block->nodes().begin(); it != block->nodes().end();) {
      auto* node = *it;
      ++it;
      visit(node);
    }
    return redirect(block->return_node());
  }

  // The node reads what its arguments hold now. What they stood for under their old names.
  std::vector<Alias> redirect(Node* node) {
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

  void visit(Node* node) {
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

  // A write that PyTorch runs stays, and gives what it has written.
  void leave_write(Node* node, const std::vector<Alias>& aliases) {
    const auto written = written_arguments(node);
    for (size_t i = 0; i < node->outputs().size() && i < written.size(); ++i) {
      model_.bind(node->outputs()[i], aliases[written[i]]);
    }
  }

  void visit_operator(Node* node, const std::vector<Alias>& aliases) {
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

  // An object that is given something holds it from now on.
  void relate_all(Node* node, const std::vector<Alias>& aliases) {
    if (node->maybeSchema() != nullptr) return;
    Storages all;
    for (const auto& alias : aliases) {
      for (auto* storage : model_.storages(alias)) all.insert(storage);
    }
    for (auto* a : all) {
      for (auto* b : all) model_.relate(a, b);
    }
  }

  // ---- what shares memory -----------------------------------------------------------------------------------------

  // Of the tuples that a caller gives every tensor has a name; of a list it gets one where it is taken.
  void bind_argument(Value* input) {
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

  // detach gives another tensor of the same elements; a cast of an optional gives the tensor itself, under a name whose
  // type says that it is there.
  void bind_same(Node* node, const Alias& alias) {
    if (alias.kind != Kind::kTensor) return model_.bind(node->output(), alias);
    const bool is_cast = node->kind().is_prim() || node->kind() == aten("_unwrap_optional");
    if (!is_cast) return model_.bind(node->output(), model_.tensor_of(alias.tensor->view, node->owningBlock()));
    model_.rename(alias.tensor->view, node->output());
    model_.bind(node->output(), alias);
  }

  // A value that may be part of any of these, or of none.
  void bind_unknown(Value* value, const std::vector<Alias>& aliases) {
    if (!holds_tensors(value->type())) return;
    const bool is_tensor = is_tensor_type(value->type());
    Alias alias = is_tensor ? model_.new_tensor(value, /*is_contiguous=*/false) : model_.new_opaque(value);
    auto* own = *model_.storages(alias).begin();
    for (const auto& other : aliases) {
      for (auto* storage : model_.storages(other)) model_.relate(own, storage);
    }
    model_.bind(value, std::move(alias));
  }

  void visit_construct(Node* node, const std::vector<Alias>& aliases) {
    const bool is_list = node->kind() == c10::prim::ListConstruct;
    if (is_list && !is_fixed_list(node->output())) return bind_unknown(node->output(), aliases);
    Alias alias;
    alias.kind = Kind::kParts;
    alias.parts = aliases;
    alias.made_of.assign(node->inputs().begin(), node->inputs().end());
    model_.bind(node->output(), std::move(alias));
  }

  void visit_unpack(Node* node, const Alias& whole) {
    for (size_t i = 0; i < node->outputs().size(); ++i) {
      Value* index = nullptr;
      if (whole.kind == Kind::kViews) index = constant_before(node, static_cast<int64_t>(i));
      bind_part(node->outputs()[i], node, whole, static_cast<int64_t>(i), index);
    }
  }

  void visit_item(Node* node, const Alias& whole) {
    bind_part(node->output(), node, whole, constant_int(node->input(1)), node->input(1));
  }

  void bind_part(Value* part, Node* node, const Alias& whole, std::optional<int64_t> place, Value* index) {
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

  // Each element of a list that the caller gives is a tensor of its own.
  void bind_item_of_argument(Value* part, Node* node, const Alias& list, std::optional<int64_t> place) {
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
        throw Refused(operator_and_line(node) +
                      " takes an element of a list that is an argument, by an index that is "
                      "not known while compiling, after another element was written in place; "
                      "copy the element that is written (clone())");
      }
    }
    bind_unknown(part, all);
  }

  // as_strided sees the memory itself, whose layout is known of a whole contiguous tensor alone.
  static void require_layout(const Node* node, const View* viewed) {
    const bool sees_memory = node->kind() == aten("as_strided") || node->kind() == aten("as_strided_");
    if (!sees_memory || (viewed->parent == nullptr && viewed->is_contiguous)) return;
    throw Refused(operator_and_line(node) +
                  " views the memory of a tensor whose strides are not known while "
                  "compiling, in a method that writes in place; view a copy (clone())");
  }

  void visit_view(Node* node, const std::vector<Alias>& aliases) {
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

  void bind_all_unknown(Node* node, const std::vector<Alias>& aliases) {
    for (auto* output : node->outputs()) bind_unknown(output, aliases);
  }

  void visit_cast(Node* node, const std::vector<Alias>& aliases) {
    const auto* copy = argument_named(node, "copy");
    const bool copies = copy != nullptr && constant_bool(copy) == true;
    const auto* format = argument_named(node, "memory_format");
    const bool is_plain = (copy == nullptr || constant_bool(copy)) && (format == nullptr || format->mustBeNone());
    if (aliases.empty() || aliases[0].kind != Kind::kTensor || (!copies && !is_plain)) {
      return bind_all_unknown(node, aliases);
    }
    auto* source = aliases[0].tensor->view;
    Alias alias = model_.new_tensor(node->output(), source->is_contiguous);
    if (!copies) model_.relate_cast(source, alias.tensor->view->storage);
    model_.bind(node->output(), std::move(alias));
  }

  void visit_perhaps(Node* node, const std::vector<Alias>& aliases) {
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

  bool is_contiguous(const Alias& alias) const {
    if (alias.kind == Kind::kNothing) return true;
    if (alias.kind == Kind::kTensor) return alias.tensor->view->is_contiguous;
    const auto all = [this](const Alias& part) { return is_contiguous(part); };
    return alias.kind == Kind::kParts && std::all_of(alias.parts.begin(), alias.parts.end(), all);
  }

  bool is_fresh_contiguous(const Node* node, const std::vector<Alias>& aliases) const {
    return keeps_contiguous(node) &&
           std::all_of(aliases.begin(), aliases.end(), [this](const Alias& alias) { return is_contiguous(alias); });
  }

  // ---- what writes ------------------------------------------------------------------------------------------------

  void visit_write(Node* node, const std::vector<Alias>& aliases) {
    const auto written = written_arguments(node);
    if (replaces_memory(node)) {
      throw Refused(operator_and_line(node) +
                    " gives a tensor other memory, which cannot be compiled; make a new tensor");
    }
    if (!is_tensor_type(node->input(written[0])->type())) return visit_list_write(node, aliases);
    if (changes_nothing(node)) return model_.bind(node->output(), aliases[0]);
    if (changes_shape_in_place(node)) return visit_shape_write(node, aliases[0]);
    const bool is_in_place = written == std::vector<size_t>{0} && node->outputs().size() <= 1;
    if (!is_in_place && node->outputs().size() != written.size()) {
      throw Refused(operator_and_line(node) + " writes an argument beside its results, which cannot be compiled");
    }
    auto* functional = functional_form(node, written);
    const bool has_form = functional != nullptr;
    if (!has_form) functional = on_a_copy(node, is_in_place);
    for (size_t i = 0; i < written.size(); ++i) {
      const Alias& alias = aliases[written[i]];
      if (alias.kind != Kind::kTensor) {
        throw Refused(operator_and_line(node) + " writes an argument that is no tensor of its own");
      }
      write(node, alias.tensor->view, functional->outputs()[i], node->input(written[i]), is_in_place);
      if (i < node->outputs().size()) model_.bind(node->outputs()[i], alias);
    }
    retired_.push_back(node);
  }

  // An operator that has no functional form writes a copy of its argument.
  Node* on_a_copy(Node* node, bool is_in_place) {
    if (!is_in_place || node->outputs().size() != 1) {
      throw Refused(operator_and_line(node) + " writes an argument, and has no form that gives a new tensor");
    }
    auto* none = constant_before(node, torch::jit::IValue());
    auto* copy = insert_before(node, aten("clone"), {node->input(0), none}, c10::TensorType::get());
    auto* again = graph_.createClone(node, [](Value* v) { return v; });
    again->replaceInput(0, copy->output());
    return again->insertBefore(node);
  }

  // A tensor keeps its dtype and shape; out= takes the shape of the result where nothing else is a view of it.
  void write(Node* node, View* view, Value* result, Value* old, bool is_in_place) {
    static const auto kAsWritten = c10::Symbol::fromQualString("trt::as_written");
    result->setType(c10::TensorType::get());
    const bool keeps_shape = is_in_place || view->parent != nullptr || view->storage->has_views;
    if (!is_in_place || !keeps_shape_and_dtype(node)) {
      auto* flag = constant_before(node, keeps_shape);
      result = insert_before(node, kAsWritten, {result, old, flag}, c10::TensorType::get())->output();
    }
    model_.write(view, result, node);
  }

  // A list, dict or object that takes a tensor holds it from now on.
  void visit_list_write(Node* node, const std::vector<Alias>& aliases) {
    const auto* schema = node->maybeSchema();
    const auto& self = schema->arguments()[written_arguments(node)[0]];
    const bool writes_elements = std::string(node->kind().toUnqualString()).rfind("_foreach", 0) == 0;
    if (writes_elements) {
      throw Refused(str(operator_and_line(node), " writes the tensors of the list ", self.name(),
                        ", which cannot be compiled; write them one by one"));
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

  // Conversion may know that the branch of the node is not taken; where it is, the message is raised.
  void raise_where_reached(Node* node, Node* instead, const std::string& message) {
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

  // x.t_(): x is its transposed view under every name.
  void visit_shape_write(Node* node, const Alias& alias) {
    auto* view_node = functional_form(node, {0});
    const bool is_outside = alias.kind == Kind::kTensor && alias.tensor->block != node->owningBlock();
    const auto* owner = node->owningBlock()->owningNode();
    if (view_node != nullptr && is_outside && owner != nullptr && owner->kind() == c10::prim::If) {
      return raise_where_reached(node, view_node,
                                 operator_and_line(node) +
                                     " changes the shape of a tensor that was made outside its branch; use the form "
                                     "that gives a new tensor");
    }
    if (alias.kind != Kind::kTensor || view_node == nullptr || alias.tensor->block != node->owningBlock()) {
      throw Refused(operator_and_line(node) +
                    " changes the shape of a tensor that was made outside its branch or loop; "
                    "use the form that gives a new tensor");
    }
    auto* storage = alias.tensor->view->storage;
    if (storage->has_other_names || !storage->perhaps.empty() || !model_.casts_of(storage).empty()) {
      throw Refused(operator_and_line(node) +
                    " changes the shape of a tensor that may have another name (to(), flatten() "
                    "or atleast_1d() may give their argument itself); use the form that gives a "
                    "new tensor");
    }
    auto* argument = storage->argument;
    if (argument != nullptr && model_.of(argument).tensor == alias.tensor) {
      throw Refused(
          str(operator_and_line(node), " changes the shape of the argument ", argument->debugName(),
              " itself, which a compiled module cannot do for its caller; use the form that gives a new tensor"));
    }
    auto* parent = alias.tensor->view;
    require_layout(node, parent);
    view_node->output()->setType(c10::TensorType::get());
    alias.tensor->view = model_.new_view(parent, {view_node, 0}, view_node->output(), false);
    model_.bind(node->output(), alias);
    retired_.push_back(node);
  }

  // What the caller's tensors hold when the method returns.
  void write_arguments() {
    auto* end = graph_.return_node();
    for (const auto& storage : model_.all_storages()) {
      if (storage.argument == nullptr) continue;
      if (!storage.doubt.empty()) {
        throw Refused(str(storage.doubt, " writes memory that may or may not be that of the argument ",
                          storage.argument->debugName(),
                          ", which is not known while compiling; write a copy (clone())"));
      }
      if (!model_.is_written(storage)) continue;
      auto* no = constant_before(end, false);
      insert_before(end, aten("copy_"), {storage.argument, storage.whole->value, no}, c10::TensorType::get());
    }
  }

  // ---- blocks -----------------------------------------------------------------------------------------------------

  struct Branch {
    std::vector<Alias> outputs;
    std::map<Storage*, Value*, ByNumber> written;
  };

  Branch walk_branch(Block* block) {
    Branch branch;
    model_.enter_block();
    branch.outputs = walk(block);
    for (auto* storage : model_.written_in_block()) branch.written[storage] = storage->whole->value;
    model_.leave_block();
    return branch;
  }

  void visit_if(Node* node) {
    redirect(node);
    const size_t first = model_.storage_count();
    std::vector<Branch> branches;
    for (auto* block : node->blocks()) branches.push_back(walk_branch(block));
    bind_results(node, {branches[0].outputs, branches[1].outputs}, first);
    std::map<Storage*, Value*, ByNumber> written;
    for (const auto& branch : branches) written.insert(branch.written.begin(), branch.written.end());
    for (const auto& [storage, ignored] : written) {
      for (size_t i = 0; i < branches.size(); ++i) {
        const auto found = branches[i].written.find(storage);
        node->blocks()[i]->registerOutput(found == branches[i].written.end() ? storage->whole->value : found->second);
      }
      model_.replace(storage, node->addOutput()->setType(c10::TensorType::get()));
    }
  }

  // The results of an If or a loop: each is one of the tensors that a branch (or a round, or none) gives. Those that
  // were made inside (number `first` or higher) live on in the results alone.
  void bind_results(Node* node, const std::vector<std::vector<Alias>>& ways, size_t first) {
    std::map<Storage*, std::vector<Storage*>, ByNumber> holders;
    for (size_t i = 0; i < node->outputs().size(); ++i) {
      auto* output = node->outputs()[i];
      if (!holds_tensors(output->type())) continue;
      const bool is_one = std::all_of(ways.begin(), ways.end(), [&](const std::vector<Alias>& way) {
        return way[i].kind == Kind::kTensor && way[i].tensor == ways[0][i].tensor;
      });
      if (is_one && ways[0][i].tensor->view->storage->number < first) {
        model_.bind(output, ways[0][i]);
        continue;
      }
      bind_unknown(output, {});
      auto* own = *model_.storages(model_.of(output)).begin();
      if (own->whole != nullptr) {
        own->whole->is_contiguous =
            std::all_of(ways.begin(), ways.end(), [&](const std::vector<Alias>& way) { return is_contiguous(way[i]); });
      }
      for (const auto& way : ways) {
        for (auto* storage : model_.storages(way[i])) relate_result(own, storage, first, holders);
      }
    }
  }

  void relate_result(Storage* result, Storage* storage, size_t first,
                     std::map<Storage*, std::vector<Storage*>, ByNumber>& holders) {
    Storages all = storage->perhaps;
    all.insert(storage);
    for (auto* other : model_.casts_of(storage)) all.insert(other);
    for (auto* other : all) {
      if (other->number < first) {
        model_.relate(result, other);
        continue;
      }
      for (auto* holder : holders[other]) model_.relate(result, holder);
      holders[other].push_back(result);
    }
  }

  void visit_loop(Node* node) {
    auto* body = node->blocks()[0];
    const auto start = redirect(node);
    const Sources sources = written_in(model_, body);
    Storages written = sources.storages;
    const size_t first = model_.storage_count();
    const size_t first_pair = model_.related().size();
    const size_t carried = node->outputs().size();
    std::vector<Value*> before;
    for (auto* storage : written) {
      node->addInput(storage->whole->value);
      before.push_back(body->addInput()->setType(c10::TensorType::get()));
    }
    model_.enter_block();
    Storages followed = bind_parameters(node, start, carried, sources);
    size_t i = 0;
    for (auto* storage : written) model_.replace(storage, before[i++]);
    auto ends = walk(body);
    for (auto* storage : written) body->registerOutput(storage->whole->value);
    for (auto* storage : model_.written_in_block()) {
      if (written.count(storage) == 0) TORCHTRT_THROW_ERROR("internal error: a loop writes what was not foreseen");
    }
    model_.leave_block();
    ends.erase(ends.begin());
    const std::vector<Alias> starts(start.begin() + 2, start.begin() + 2 + static_cast<std::ptrdiff_t>(carried));
    bind_results(node, {starts, ends}, first);
    for (auto* storage : written) {
      model_.replace(storage, node->addOutput()->setType(c10::TensorType::get()));
    }
    followed.insert(written.begin(), written.end());
    doubt_later_rounds(followed, first, first_pair, node);
  }

  // A tensor that each round only writes in place is the tensor from before the loop; another is one of its own, which
  // may be that of the round before. Gives those of the latter that are written.
  Storages bind_parameters(Node* node, const std::vector<Alias>& start, size_t carried, const Sources& written) {
    Storages followed;
    auto* body = node->blocks()[0];
    std::vector<std::pair<Storage*, Sources>> own;
    for (size_t i = 0; i < carried; ++i) {
      auto* parameter = body->inputs()[i + 1];
      if (!holds_tensors(parameter->type())) continue;
      const Alias& alias = start[i + 2];
      auto* end = body->outputs()[i + 1];
      if (alias.kind == Kind::kTensor && is_same_tensor(end, parameter)) {
        model_.bind(parameter, alias);
        continue;
      }
      Sources sources = sources_of(model_, end, body);
      bind_unknown(parameter, {alias});
      auto* storage = *model_.storages(model_.of(parameter)).begin();
      for (auto* other : sources.storages) model_.relate(storage, other);
      if (sources.inside.count(parameter) != 0 && written.inside.count(parameter) != 0) followed.insert(storage);
      sources.inside.insert(parameter);
      for (const auto& [other, from] : own) {
        const bool meet = std::any_of(from.inside.begin(), from.inside.end(),
                                      [&](const Value* value) { return sources.inside.count(value) != 0; });
        if (meet) model_.relate(storage, other);
      }
      own.emplace_back(storage, std::move(sources));
    }
    return followed;
  }

  // A list that keeps a tensor which a later round writes would have to follow.
  void doubt_later_rounds(const Storages& written, size_t first, size_t first_pair, Node* node) {
    const auto& pairs = model_.related();
    for (size_t i = first_pair; i < pairs.size(); ++i) {
      for (auto [a, b] : {pairs[i], std::pair(pairs[i].second, pairs[i].first)}) {
        if (written.count(a) == 0 || b->number >= first || b->whole == a->whole) continue;
        if (b->doubt.empty()) b->doubt = operator_and_line(first_write(node->blocks()[0]));
      }
    }
  }

  const Node* first_write(Block* body) const {
    for (const auto* node : all_nodes(body)) {
      if (writes_tensors(node)) return node;
    }
    return body->owningNode();
  }

  torch::jit::Graph& graph_;
  AliasModel model_;
  std::map<Storage*, std::map<int64_t, Alias>> items_of_arguments_;
  std::vector<Node*> retired_;
};

}  // namespace

bool write_through_views(const GraphPtr& graph) {
  const auto nodes = all_nodes(graph->block());
  const bool writes = std::any_of(nodes.begin(), nodes.end(), [](const Node* node) {
    return !is_marked(node) && writes_tensors(node) && is_tensor_type(node->input(written_arguments(node)[0])->type());
  });
  if (!writes) return false;
  Writes(*graph).run();
  return true;
}

}  // namespace torch_tensorrt::core::lowering::passes
