#include "torch_tensorrt/core/lowering/passes/alias_model.h"

#include <functional>
#include <map>
#include <set>
#include <string>

#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

using torch::jit::Node;
using torch::jit::Value;

c10::Symbol aten(const std::string& name) { return c10::Symbol::aten(name); }

Value* insert(Node* place, const char* name, std::initializer_list<Value*> inputs) {
  return insert_before(place, aten(name), inputs, c10::TensorType::get())->output();
}

// The data of a write through one step: the node of the step, the current tensor, and the view's new value.
struct Write {
  Node* node;
  Value* base;
  Value* value;
  Node* place;
  Value* argument(size_t i) const { return node->input(i); }
};
using Rule = std::function<Value*(const Write&)>;

std::optional<int64_t> constant_int(const Value* value) {
  const auto constant = torch::jit::toIValue(value);
  if (!constant || !constant->isInt()) return std::nullopt;
  return constant->toInt();
}

Value* sum(Node* place, Value* a, Value* b) {
  return insert_before(place, aten("add"), {a, b}, c10::IntType::get())->output();
}

Value* product(Node* place, Value* a, Value* b) {
  return insert_before(place, aten("mul"), {a, b}, c10::IntType::get())->output();
}

Value* scatter_slice(const Write& w) {
  return insert(w.place, "slice_scatter",
                {w.base, w.value, w.argument(1), w.argument(2), w.argument(3), w.argument(4)});
}

Value* scatter_select(const Write& w) {
  return insert(w.place, "select_scatter", {w.base, w.value, w.argument(1), w.argument(2)});
}

// The same elements in the same order, in the shape of the base.
Value* regroup(const Write& w) { return insert(w.place, "view_as", {w.value, w.base}); }

// Applies the operator again, because it is its own inverse.
Value* repeat_step(const Write& w) {
  auto* node = w.place->owningGraph()->createClone(w.node, [](Value* v) { return v; });
  node->replaceInput(0, w.value);
  return node->insertBefore(w.place)->output();
}

Value* move_back(const Write& w) { return insert(w.place, "movedim", {w.value, w.argument(2), w.argument(1)}); }

std::optional<std::vector<int64_t>> constant_ints(const Value* value) {
  const auto constant = torch::jit::toIValue(value);
  if (constant && constant->isIntList()) return constant->toIntVector();
  if (value->node()->kind() != c10::prim::ListConstruct) return std::nullopt;
  std::vector<int64_t> ints;
  for (const auto* element : value->node()->inputs()) {
    const auto known = constant_int(element);
    if (!known) return std::nullopt;
    ints.push_back(*known);
  }
  return ints;
}

Value* permute_back(const Write& w) {
  const auto order = *constant_ints(w.argument(1));
  std::vector<int64_t> back(order.size());
  const auto rank = static_cast<int64_t>(order.size());
  for (int64_t i = 0; i < rank; ++i) back.at(order[i] < 0 ? order[i] + rank : order[i]) = i;
  return insert(w.place, "permute", {w.value, constant_before(w.place, back)});
}

Value* scatter_narrow(const Write& w) {
  auto* end = sum(w.place, w.argument(2), w.argument(3));
  auto* one = constant_before(w.place, int64_t{1});
  return insert(w.place, "slice_scatter", {w.base, w.value, w.argument(1), w.argument(2), end, one});
}

const std::map<c10::Symbol, Rule>& rules() {
  static const std::map<c10::Symbol, Rule> kRules = [] {
    std::map<c10::Symbol, Rule> map = {
        {aten("slice"), scatter_slice},   {aten("select"), scatter_select}, {aten("permute"), permute_back},
        {aten("narrow"), scatter_narrow}, {aten("movedim"), move_back},     {aten("moveaxis"), move_back},
    };
    for (const char* name : {"transpose", "t", "swapaxes", "swapdims", "numpy_T", "mT", "adjoint", "mH", "T"}) {
      map.emplace(aten(name), repeat_step);
    }
    for (const char* name : {"view", "_unsafe_view", "_reshape_alias", "unsqueeze", "squeeze", "flatten", "unflatten",
                             "reshape", "view_as", "reshape_as", "ravel", "atleast_1d", "atleast_2d", "atleast_3d"}) {
      map.emplace(aten(name), regroup);
    }
    return map;
  }();
  return kRules;
}

// view(x, dtype) reads the memory as elements of another dtype.
bool reinterprets(const Node* node) {
  return node->kind() == aten("view") && node->input(1)->type()->kind() == c10::TypeKind::IntType;
}

bool element_can_write_back(const ViewStep& step) {
  if (step.list->kind() == aten("unbind")) return true;
  const bool is_split = step.list->kind() == aten("split") || step.list->kind() == aten("unsafe_split");
  const auto index = constant_int(step.index);
  return is_split && step.list->input(1)->type()->kind() == c10::TypeKind::IntType && (!index || *index >= 0);
}

Value* write_element_back(const ViewStep& step, Value* base, Value* value, Node* place) {
  if (step.list->kind() == aten("unbind")) {
    return insert(place, "select_scatter", {base, value, step.list->input(1), step.index});
  }
  auto* size = step.list->input(1);
  auto* start = product(place, step.index, size);
  auto* one = constant_before(place, int64_t{1});
  return insert(place, "slice_scatter", {base, value, step.list->input(2), start, sum(place, start, size), one});
}

}  // namespace

Value* derive(const ViewStep& step, Value* viewed, Node* place) {
  if (step.index != nullptr) {
    auto* node = insert_before(place, aten("__getitem__"), {viewed, step.index}, c10::TensorType::get());
    return node->output();
  }
  auto* node = place->owningGraph()->createClone(step.node, [](Value* v) { return v; });
  node->replaceInput(step.viewed, viewed);
  node->insertBefore(place);
  // A traced graph's type has the shape and strides of one call; the new value may have others.
  const auto& type = node->output()->type();
  if (type->kind() == c10::TypeKind::TensorType) node->output()->setType(c10::TensorType::get());
  return node->output();
}

bool is_read_only(const ViewStep& step) {
  static const std::set<std::string> kNames = {"view_as_real", "view_as_complex", "real",      "imag",
                                               "conj",         "_conj",           "_neg_view", "_view_as_complex"};
  if (step.node == nullptr) return false;
  return kNames.count(step.node->kind().toUnqualString()) != 0 || reinterprets(step.node);
}

bool can_write_back(const ViewStep& step) {
  if (step.index != nullptr) return element_can_write_back(step);
  if (step.viewed != 0 || rules().count(step.node->kind()) == 0) return false;
  if (step.node->kind() == aten("slice")) return step.node->inputs().size() == 5;
  if (step.node->kind() == aten("select")) return step.node->input(1)->type()->kind() == c10::TypeKind::IntType;
  if (step.node->kind() == aten("permute")) return constant_ints(step.node->input(1)).has_value();
  if (step.node->kind() == aten("narrow")) return constant_int(step.node->input(2)).value_or(-1) >= 0;
  return true;
}

bool may_repeat(const ViewStep& step) {
  static const std::set<std::string> kNever = {
      "chunk",  "unsafe_chunk", "split",  "unsafe_split", "split_with_sizes", "unsafe_split_with_sizes",
      "hsplit", "vsplit",       "dsplit", "tensor_split", "unbind",           "diagonal",
  };
  if (step.node == nullptr || rules().count(step.node->kind()) != 0) return false;
  if (step.node->kind() != aten("unfold")) return kNever.count(step.node->kind().toUnqualString()) == 0;
  const auto size = constant_int(step.node->input(2));
  const auto distance = constant_int(step.node->input(3));
  return !size || !distance || *size > *distance;
}

Value* write_back(const ViewStep& step, Value* base, Value* value, Node* place) {
  if (step.index != nullptr) return write_element_back(step, base, value, place);
  return rules().at(step.node->kind())({step.node, base, value, place});
}

Value* places_of(Value* base, Node* place) {
  static const auto kKind = c10::Symbol::fromQualString("trt::places_of");
  return insert_before(place, kKind, {base}, c10::TensorType::get())->output();
}

Value* write_at(Value* base, Value* places, Value* value, bool is_certain, Node* place) {
  static const auto kKind = c10::Symbol::fromQualString("trt::write_at");
  auto* flag = constant_before(place, is_certain);
  return insert_before(place, kKind, {base, places, value, flag}, c10::TensorType::get())->output();
}

}  // namespace torch_tensorrt::core::lowering::passes
