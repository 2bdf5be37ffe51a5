#include "torch_tensorrt/core/hybrid_arguments.h"

#include <algorithm>
#include <set>
#include <string>

#include "torch/csrc/jit/ir/alias_analysis.h"

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core {
namespace {

namespace aten = c10::aten;
namespace prim = c10::prim;
using c10::TypePtr;
using ir::BoundArgument;
using ir::InputTree;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;
using Kind = InputTree::Kind;

Node* front(Graph& graph) { return graph.block()->param_node()->next(); }

Value* unwrapped(Graph& graph, Value* value) {
  if (value->type()->kind() != c10::TypeKind::OptionalType) return value;
  auto* plain = graph.insert(prim::unchecked_unwrap_optional, {value});
  return plain->setType(ir::without_optional(value->type()));
}

// The elements of a tuple, list or dict that has the structure of the tree.
std::vector<Value*> take_apart(Graph& graph, Value* value, const InputTree& tree) {
  if (tree.kind == Kind::kDict) {
    std::vector<Value*> elements;
    for (const auto& key : tree.keys) {
      elements.push_back(graph.insert(aten::__getitem__, {value, graph.insertConstant(key)}));
    }
    return elements;
  }
  auto* node =
      tree.kind == Kind::kTuple ? graph.createTupleUnpack(value) : graph.createListUnpack(value, tree.children.size());
  return graph.insertNode(node)->outputs().vec();
}

Value* put_together(Graph& graph, const TypePtr& type, const InputTree& tree, const std::vector<Value*>& elements) {
  if (const auto tuple = type->cast<c10::TupleType>()) {
    const bool has_names = tuple->schema() != nullptr;
    auto* whole = graph.insertNode(graph.createTuple(elements, has_names ? tuple : nullptr))->output();
    return whole->setType(type);
  }
  if (const auto list = type->cast<c10::ListType>()) {
    return graph.insertNode(graph.createList(list->getElementType(), elements))->output();
  }
  const auto dict = type->expect<c10::DictType>();
  std::vector<Value*> keys;
  for (const auto& key : tree.keys) keys.push_back(graph.insertConstant(key));
  return graph.insertNode(graph.createDict(dict->getKeyType(), dict->getValueType(), keys, elements))->output();
}

// Whether replace() changes anything.
bool changes(const InputTree& tree, std::optional<at::ScalarType> cast) {
  if (tree.kind == Kind::kValue) return !cast;
  if (tree.kind == Kind::kInput) return cast && at::isFloatingType(tree.input.dtype) && tree.input.dtype != *cast;
  return std::any_of(tree.children.begin(), tree.children.end(),
                     [&](const InputTree& child) { return changes(child, cast); });
}

// With a dtype: the value with its floating tensors cast. Without: the value with its known parts as constants.
Value* replace(Graph& graph, Value* value, const InputTree& tree, std::optional<at::ScalarType> cast) {
  if (!changes(tree, cast)) return value;
  if (tree.kind == Kind::kValue) return graph.insertConstant(tree.value);
  value = unwrapped(graph, value);
  if (tree.kind == Kind::kInput) return graph.insert(aten::to, {value, *cast});
  auto elements = take_apart(graph, value, tree);
  for (size_t i = 0; i < elements.size(); ++i) elements[i] = replace(graph, elements[i], tree.children[i], cast);
  return put_together(graph, value->type(), tree, elements);
}

void replace_argument(Graph& graph, size_t number, const InputTree& tree, std::optional<at::ScalarType> cast) {
  if (!changes(tree, cast)) return;
  auto* argument = graph.inputs()[number + 1];  // input 0 is the module
  auto* rest = front(graph);
  const torch::jit::WithInsertPoint before(rest);
  auto* value = replace(graph, argument, tree, cast);
  // The nodes that were here before read the new value.
  const auto uses = argument->uses();
  for (const auto& use : uses) {
    const bool is_new = use.user->owningBlock() == graph.block() && use.user != graph.return_node() &&
                        (rest == graph.return_node() || use.user->isBefore(rest));
    if (!is_new) use.user->replaceInput(use.offset, value);
  }
}

}  // namespace

bool insert_fixed_values(Graph& graph, const std::vector<BoundArgument>& arguments) {
  bool changed = false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const auto& tree = arguments[i].tree;
    if (arguments[i].how == BoundArgument::How::kEachCall || !changes(tree, std::nullopt)) continue;
    const bool is_collection = tree.kind != Kind::kValue;
    if (is_collection && torch::jit::AliasDb(graph.shared_from_this()).hasWriters(graph.inputs()[i + 1])) continue;
    replace_argument(graph, i, tree, std::nullopt);
    changed = true;
  }
  return changed;
}

bool take_lists_apart(Graph& graph, const std::vector<BoundArgument>& arguments) {
  bool changed = false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const auto& tree = arguments[i].tree;
    auto* list = graph.inputs()[i + 1];
    if (arguments[i].how != BoundArgument::How::kGiven || list->type()->kind() != c10::TypeKind::ListType) continue;
    if (torch::jit::AliasDb(graph.shared_from_this()).hasWriters(list)) continue;
    // Operators copy a list. Where it is returned or stored, it stays the caller's object.
    const auto uses = list->uses();
    const auto copies = [](const torch::jit::Use& use) { return use.user->kind().is_aten(); };
    if (std::none_of(uses.begin(), uses.end(), copies)) continue;
    const torch::jit::WithInsertPoint before(front(graph));
    auto* known = put_together(graph, list->type(), tree, take_apart(graph, list, tree));
    for (const auto& use : uses) {
      if (copies(use)) use.user->replaceInput(use.offset, known);
    }
    changed = true;
  }
  return changed;
}

void insert_casts(Graph& graph, const std::vector<BoundArgument>& arguments, const ArgumentCasts& casts) {
  for (size_t i = 0; i < arguments.size() && i < casts.size(); ++i) {
    if (casts[i] && arguments[i].how == BoundArgument::How::kGiven) {
      replace_argument(graph, i, arguments[i].tree, casts[i]);
    }
  }
}

// ---- checks --------------------------------------------------------------------------------------------------------

namespace {

bool keeps_order_apart(const Node* node) {
  static const std::set<c10::Symbol> kNodes = {aten::__getitem__,
                                               aten::__contains__,
                                               aten::len,
                                               aten::_set_item,
                                               c10::Symbol::aten("get"),
                                               prim::TupleConstruct,
                                               prim::ListConstruct,
                                               prim::DictConstruct,
                                               prim::Return,
                                               prim::unchecked_unwrap_optional,
                                               prim::unchecked_cast,
                                               c10::Symbol::aten("__is__"),
                                               c10::Symbol::aten("__isnot__")};
  return kNodes.count(node->kind()) != 0;
}

bool reads_order(const torch::jit::Block* block) {
  for (const auto* node : block->nodes()) {
    const auto inputs = node->inputs();
    const bool takes_dict = std::any_of(inputs.begin(), inputs.end(), [](const Value* input) {
      return ir::without_optional(input->type())->kind() == c10::TypeKind::DictType;
    });
    if (takes_dict && !keeps_order_apart(node)) return true;
    const auto blocks = node->blocks();
    if (std::any_of(blocks.begin(), blocks.end(), reads_order)) return true;
  }
  return false;
}

// Inserts checks of one argument.
class Checks {
 public:
  Checks(Graph& graph, bool ordered) : graph_(graph), ordered_(ordered) {}

  // `name` says where the value is: "argument pair[0]".
  void insert(Value* value, const InputTree& tree, const std::string& name) {
    if (value->type()->kind() == c10::TypeKind::OptionalType) {
      auto* none = graph_.insertConstant(c10::IValue());
      if (is_none(tree)) {
        raise_if(graph_.insert(c10::Symbol::aten("__isnot__"), {value, none}),
                 name +
                     " is None in the compiled module, so a call cannot give another value; compile with an input "
                     "for it");
        return;
      }
      raise_if(graph_.insert(c10::Symbol::aten("__is__"), {value, none}),
               name + " is not None in the compiled module, so a call must give it");
      value = unwrapped(graph_, value);
    }
    switch (tree.kind) {
      case Kind::kInput:
        return check_tensor(value, tree.input, name);
      case Kind::kValue:
        return check_value(value, tree, name);
      case Kind::kTuple:
        break;
      case Kind::kList:
        check_length(value, tree.children.size(), name, "elements");
        break;
      case Kind::kDict:
        check_keys(value, tree, name);
        break;
    }
    check_parts(value, tree, name);
  }

  void check_length(Value* value, size_t count, const std::string& name, const std::string& what) {
    auto* length = graph_.insert(aten::len, {value});
    auto* declared = graph_.insertConstant(static_cast<int64_t>(count));
    raise_if(graph_.insert(aten::ne, {length, declared}),
             name + " has another number of " + what + " in the compiled module: ", {declared}, {length});
  }

 private:
  static bool is_none(const InputTree& tree) { return tree.kind == Kind::kValue && tree.value.isNone(); }

  static bool needs_check(const InputTree& tree, const TypePtr& type) {
    if (type->kind() == c10::TypeKind::OptionalType || tree.kind == Kind::kValue) return true;
    if (tree.kind == Kind::kList || tree.kind == Kind::kDict) return true;
    if (tree.kind == Kind::kInput) return true;
    const auto types = type->containedTypes();
    for (size_t i = 0; i < tree.children.size(); ++i) {
      if (needs_check(tree.children[i], types.at(i))) return true;
    }
    return false;
  }

  void check_tensor(Value* value, const ir::Input& spec, const std::string& name) {
    static const auto kCheck = c10::Symbol::fromQualString("tensorrt::check_argument");
    graph_.insert(kCheck, {value, graph_.insertConstant(name), graph_.insertConstant(static_cast<int64_t>(spec.dtype)),
                           graph_.insertConstant(spec.min.to_vector()), graph_.insertConstant(spec.max.to_vector())});
  }

  void check_value(Value* value, const InputTree& tree, const std::string& name) {
    auto* fixed = graph_.insertConstant(tree.value);
    if (is_none(tree)) return;
    raise_if(graph_.insert(aten::ne, {value, fixed}), name + " has another value in the compiled module: ", {fixed},
             {value});
  }

  void check_keys(Value* value, const InputTree& tree, const std::string& name) {
    check_length(value, tree.children.size(), name, "entries");
    for (const auto& key : tree.keys) {
      auto* constant = graph_.insertConstant(key);
      auto* found = graph_.insert(aten::__contains__, {value, constant});
      raise_if(graph_.insert(aten::__not__, {found}), name + " has no entry with the key ", {constant});
    }
    const auto key_type = value->type()->expectRef<c10::DictType>().getKeyType();
    if (!ordered_ || tree.keys.size() < 2) return;
    auto* keys = graph_.insert(aten::keys, {value});
    std::vector<Value*> declared;
    for (const auto& key : tree.keys) declared.push_back(graph_.insertConstant(key));
    auto* list = graph_.insertNode(graph_.createList(key_type, declared))->output();
    raise_if(graph_.insert(aten::ne, {keys, list}),
             name + " has its keys in another order in the compiled module, which reads their order: ", {list}, {keys});
  }

  void check_parts(Value* value, const InputTree& tree, const std::string& name) {
    const auto types = value->type()->containedTypes();
    bool needs = false;
    for (size_t i = 0; i < tree.children.size(); ++i) {
      needs = needs || needs_check(tree.children[i], tree.kind == Kind::kTuple ? types.at(i) : types.back());
    }
    if (!needs) return;
    const auto parts = take_apart(graph_, value, tree);
    for (size_t i = 0; i < parts.size(); ++i) {
      const std::string index = tree.kind == Kind::kDict ? key_text(tree.keys[i]) : std::to_string(i);
      insert(parts[i], tree.children[i], str(name, "[", index, "]"));
    }
  }

  static std::string key_text(const c10::IValue& key) {
    return key.isString() ? "'" + key.toStringRef() + "'" : torch_tensorrt::str(key);
  }

  // Raises with the text, the wanted values behind it, and ", found " the found values.
  void raise_if(Value* condition, const std::string& text, const std::vector<Value*>& wanted = {},
                const std::vector<Value*>& found = {}) {
    auto* node = graph_.insertNode(graph_.create(prim::If, {condition}, /*num_outputs=*/0));
    auto* raises = node->addBlock();
    node->addBlock();
    const torch::jit::WithInsertPoint inside(raises);
    std::string pattern = "{}";
    std::vector<Value*> parts = {nullptr, graph_.insertConstant(text)};
    for (auto* value : wanted) add(parts, pattern, "{}", value);
    for (auto* value : found) add(parts, pattern, ", but the call has {}", value);
    parts[0] = graph_.insertConstant(pattern);
    auto* message = graph_.insertNode(graph_.create(aten::format, parts))->output()->setType(c10::StringType::get());
    auto* no_class = graph_.insertConstant(c10::IValue());
    graph_.insertNode(graph_.create(prim::RaiseException, {message, no_class}, /*num_outputs=*/0));
  }

  static void add(std::vector<Value*>& parts, std::string& pattern, const char* more, Value* value) {
    pattern += more;
    parts.push_back(value);
  }

  Graph& graph_;
  bool ordered_;
};

}  // namespace

bool reads_order_of_dicts(const Graph& graph) { return reads_order(graph.block()); }

void insert_checks(Graph& graph, const std::vector<BoundArgument>& arguments, bool ordered) {
  const torch::jit::WithInsertPoint at_the_front(front(graph));
  Checks checks(graph, ordered);
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].how == BoundArgument::How::kEachCall) continue;
    auto* argument = graph.inputs()[i + 1];
    checks.insert(argument, arguments[i].tree, "argument " + argument->debugNameBase());
  }
}

void insert_length_checks(Graph& graph, const Lengths& lengths) {
  Checks checks(graph, /*ordered=*/false);
  for (const auto& [node, length] : lengths) {
    const torch::jit::WithInsertPoint behind(node->next());
    checks.check_length(node->output(), static_cast<size_t>(length), "attribute " + node->s(c10::attr::name),
                        "elements");
  }
}

}  // namespace torch_tensorrt::core
