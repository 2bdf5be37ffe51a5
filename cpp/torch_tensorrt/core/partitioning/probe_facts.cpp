#include "torch_tensorrt/core/partitioning/probe_facts.h"

#include <algorithm>
#include <set>
#include <string>

#include "ATen/ATen.h"

#include "torch_tensorrt/core/partitioning/graph_facts.h"

namespace torch_tensorrt::core::partitioning {

namespace prim = torch::jit::prim;
using c10::IValue;
using torch::jit::Node;

bool asks_for_structure(const Node* node) {
  static const std::set<std::string> kKinds = {"aten::dim", "prim::dtype", "aten::is_floating_point",
                                               "prim::isinstance", "aten::is_complex"};
  if (kKinds.count(node->kind().toQualString()) != 0) return true;
  if (node->kind() == c10::Symbol::aten("len")) return node->input(0)->type()->kind() != c10::TypeKind::StringType;
  if (node->kind() == c10::Symbol::aten("size")) return node->inputs().size() == 2;
  return node->kind() == c10::Symbol::aten("__getitem__") &&
         node->input(0)->node()->kind() == c10::Symbol::aten("size") &&
         node->input(1)->node()->kind() == prim::Constant;
}

namespace {

bool is_dict(const torch::jit::Value* value) { return value->type()->kind() == c10::TypeKind::DictType; }

// Whether the node is dict([(key, value), ...]) with fixed keys.
bool makes_dict_of_pairs(const Node* node, const Predicate& is_fixed) {
  if (node->kind() != c10::Symbol::aten("dict") || node->inputs().size() != 1) return false;
  const auto* pairs = node->input(0)->node();
  if (pairs->kind() != prim::ListConstruct || pairs->output()->uses().size() != 1) return false;
  const auto inputs = pairs->inputs();
  return std::all_of(inputs.begin(), inputs.end(), [&](const torch::jit::Value* pair) {
    return pair->node()->kind() == prim::TupleConstruct && is_fixed(pair->node()->input(0));
  });
}

bool gives_fixed_keys(const Node* node, const Predicate& is_fixed) {
  static const std::set<std::string> kWithKey = {"aten::_set_item", "aten::setdefault", "aten::Delete", "aten::pop"};
  if (node->kind() == prim::DictConstruct) {
    for (size_t i = 0; i < node->inputs().size(); i += 2) {
      if (!is_fixed(node->input(i))) return false;
    }
    return true;
  }
  if (makes_dict_of_pairs(node, is_fixed)) return true;
  const auto written = written_values(node);
  const bool writes_dict = std::any_of(written.begin(), written.end(), is_dict);
  if (kWithKey.count(node->kind().toQualString()) != 0) return !writes_dict || is_fixed(node->input(1));
  const bool makes_dict = node->kind().is_aten() && node->outputs().size() == 1 && is_dict(node->output()) &&
                          node->kind() != c10::Symbol::aten("__getitem__");
  return !writes_dict && !makes_dict;
}

}  // namespace

bool has_fixed_keys(const torch::jit::Block* block, const Predicate& is_fixed) {
  const auto nodes = block->nodes();
  return std::all_of(nodes.begin(), nodes.end(), [&](const Node* node) {
    const auto blocks = node->blocks();
    return gives_fixed_keys(node, is_fixed) &&
           std::all_of(blocks.begin(), blocks.end(),
                       [&](const torch::jit::Block* inner) { return has_fixed_keys(inner, is_fixed); });
  });
}

bool asks_for_keys(const Node* node) {
  if (node->inputs().empty() || !is_dict(node->input(0))) return false;
  return node->kind() == c10::Symbol::aten("keys") ||
         (node->kind() == c10::Symbol::aten("__contains__") && node->input(1)->node()->kind() == prim::Constant);
}

namespace {

// Whether the value is a list or dict that its node has made.
bool is_made_here(const torch::jit::Value* value) {
  const auto* node = value->node();
  if (node->kind() == prim::ListConstruct || node->kind() == prim::DictConstruct) return true;
  return node->kind().is_aten() && node->kind() != c10::Symbol::aten("__getitem__") && written_values(node).empty();
}

// Whether nothing stores the collection, or hands it on, before the write, even in an earlier round of a loop.
bool is_written_before_stored(const torch::jit::Value* collection, const Node* write) {
  const auto& uses = collection->uses();
  return std::all_of(uses.begin(), uses.end(), [&](const torch::jit::Use& use) {
    // An operator that writes another collection may store this one there.
    if (use.user->kind().is_aten() && (use.offset == 0 || written_values(use.user).empty())) return true;
    return use.user->owningBlock() == collection->node()->owningBlock() && write->isBefore(use.user);
  });
}

}  // namespace

void add_changed_collections(const torch::jit::Block* block, std::vector<c10::TypePtr>& types) {
  for (const auto* node : block->nodes()) {
    for (const auto* value : written_values(node)) {
      const bool is_collection = !is_tensor(value->type()) && value->type()->kind() != c10::TypeKind::ClassType;
      if (is_collection && !(is_made_here(value) && is_written_before_stored(value, node))) {
        types.push_back(value->type());
      }
    }
    for (const auto* inner : node->blocks()) add_changed_collections(inner, types);
  }
}

bool reads_data(const Node* node) {
  if (!reads_elements(node)) return false;
  return node->kind() != c10::Symbol::aten("__contains__") || is_tensor(node->input(1)->type());
}

namespace {

// size(x, 0), size(x)[0], or a number that the list size(x) is unpacked into, for an argument x.
bool is_argument_size(const torch::jit::Value* value) {
  const auto* node = value->node();
  const bool is_of_list = node->kind() == prim::ListUnpack || node->kind() == c10::Symbol::aten("__getitem__");
  if (is_of_list) node = node->input(0)->node();
  if (node->kind() != c10::Symbol::aten("size")) return false;
  const auto* tensor = node->input(0)->node();
  return tensor->kind() == prim::Param && tensor->owningBlock()->owningNode() == nullptr;
}

}  // namespace

bool compares_argument_size(const Node* node) {
  static const std::set<std::string> kKinds = {"aten::lt", "aten::le", "aten::gt", "aten::ge"};
  if (kKinds.count(node->kind().toQualString()) == 0) return false;
  const auto* a = node->input(0);
  const auto* b = node->input(1);
  return (is_argument_size(a) && b->node()->kind() == prim::Constant) ||
         (is_argument_size(b) && a->node()->kind() == prim::Constant);
}

namespace {

bool is_number(const torch::jit::Value* value) {
  return is_plain_number(value->type()) || value->type()->kind() == c10::TypeKind::NumberType;
}

// Arithmetic that models do on sizes in tensors: the scale of a picture is a minimum of two quotients.
bool is_arithmetic(const Node* node) {
  static const std::set<std::string> kKinds = {
      "aten::tensor",  "aten::scalar_tensor", "prim::NumToTensor", "aten::min",         "aten::max",
      "aten::minimum", "aten::maximum",       "aten::to",          "aten::add",         "aten::sub",
      "aten::mul",     "aten::div",           "aten::rsub",        "aten::ceil",        "aten::floor",
      "aten::neg",     "aten::reciprocal",    "aten::round",       "aten::floor_divide"};
  return kKinds.count(node->kind().toQualString()) != 0;
}

}  // namespace

bool computes_numbers(const Node* node, const std::vector<IValue>& inputs) {
  constexpr size_t kMostNumbers = 16;
  if (!is_arithmetic(node)) return false;
  for (const auto& input : inputs) {
    if (input.isList() && input.toListRef().size() > kMostNumbers) return false;
  }
  for (const auto* output : node->outputs()) {
    for (const auto& use : output->uses()) {
      if (!is_arithmetic(use.user) && !reads_data(use.user)) return false;
    }
  }
  return true;
}

bool computes_number(const Node* node) {
  if (!node->kind().is_aten() || node->outputs().size() != 1) return false;
  if (node->kind() == c10::Symbol::aten("__getitem__") || asks_for_structure(node)) return false;
  const auto inputs = node->inputs();
  const auto is_tensors = [](const torch::jit::Value* input) { return holds_tensors(input->type()); };
  return is_number(node->output()) && std::none_of(inputs.begin(), inputs.end(), is_tensors);
}

bool holds_data(const IValue& value) {
  if (value.isTensor()) return value.toTensor().defined() && value.toTensor().is_cpu();
  return !holds_tensors(value.type());
}

IValue map_parts(const IValue& value, const Change& change) {
  if (value.isTuple()) {
    std::vector<IValue> parts;
    for (const auto& part : value.toTupleRef().elements()) parts.push_back(map_parts(part, change));
    return c10::ivalue::Tuple::create(std::move(parts));
  }
  if (value.isList()) {
    c10::impl::GenericList list(value.toList().elementType());
    for (const IValue& part : value.toListRef()) list.push_back(map_parts(part, change));
    return list;
  }
  if (value.isGenericDict()) {
    const auto& from = value.toGenericDict();
    c10::impl::GenericDict dict(from.keyType(), from.valueType());
    for (const auto& entry : from) dict.insert(entry.key(), map_parts(entry.value(), change));
    return dict;
  }
  return change(value);
}

namespace {

at::Tensor on_meta(const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.is_meta()) return tensor;
  return at::empty_strided(tensor.sizes(), tensor.strides(), tensor.options().device(at::kMeta).requires_grad(false));
}

bool is_on_meta(const IValue& value) {
  bool is_so = true;
  map_parts(value, [&](const IValue& part) {
    is_so = is_so && (!part.isTensor() || !part.toTensor().defined() || part.toTensor().is_meta());
    return part;
  });
  return is_so;
}

}  // namespace

IValue to_meta(const IValue& value) {
  if (is_on_meta(value)) return value;
  return map_parts(
      value, [](const IValue& part) -> IValue { return part.isTensor() ? IValue(on_meta(part.toTensor())) : part; });
}

bool differ(const c10::IValue& a, const c10::IValue& b) {
  try {
    return a.isTensor() || b.isTensor() || a != b;
  } catch (const std::exception&) {
    return true;
  }
}

}  // namespace torch_tensorrt::core::partitioning
