#include "torch_tensorrt/core/ir/input_tree.h"

#include <algorithm>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::ir {
namespace {

using c10::IValue;
using c10::TypeKind;
using c10::TypePtr;
using Kind = InputTree::Kind;

bool is_value(const IValue& value) {
  return value.isNone() || value.isInt() || value.isDouble() || value.isBool() || value.isString();
}

bool is_tensor_type(const TypePtr& type) { return type->isSubtypeOf(*c10::TensorType::get()); }

bool holds_tensors(const TypePtr& type) {
  if (is_tensor_type(type) || type->kind() == TypeKind::AnyType || type->kind() == TypeKind::ClassType) return true;
  const auto parts = type->containedTypes();
  return std::any_of(parts.begin(), parts.end(), holds_tensors);
}

// Whether the tree has values and no Inputs.
bool is_fixed(const InputTree& tree) {
  if (tree.kind == Kind::kValue) return true;
  return tree.kind != Kind::kInput && std::all_of(tree.children.begin(), tree.children.end(), is_fixed);
}

std::string text_of(const IValue& value) {
  if (value.isNone()) return "None";
  if (value.isString()) return "'" + value.toStringRef() + "'";
  if (value.isBool()) return value.toBool() ? "True" : "False";
  return torch_tensorrt::str(value);
}

// "Input", "3", "a tuple of 2", "a dict with the keys 'a', 'b'"
std::string describe(const InputTree& tree) {
  switch (tree.kind) {
    case Kind::kInput:
      return "a tensor";
    case Kind::kValue:
      return text_of(tree.value);
    case Kind::kTuple:
      return str("a tuple of ", tree.children.size());
    case Kind::kList:
      return str("a list of ", tree.children.size());
    case Kind::kDict:
      break;
  }
  std::string keys;
  for (const auto& key : tree.keys) keys += (keys.empty() ? "" : ", ") + text_of(key);
  return keys.empty() ? "an empty dict" : "a dict with the keys " + keys;
}

std::string take(const TypePtr& type) {
  const TypePtr plain = without_optional(type);
  if (is_tensor_type(plain)) return "give a torch_tensorrt.Input or an example tensor";
  if (const auto tuple = plain->cast<c10::TupleType>()) return str("give a tuple of ", tuple->elements().size());
  if (plain->kind() == TypeKind::ListType) return "give a list";
  if (plain->kind() == TypeKind::DictType) return "give a dict";
  return str("give a value of this type, or nothing, and pass it in each call");
}

// A tuple of numbers that stands for a shape: "; give a shape as torch_tensorrt.Input((2, 3))".
std::string shape_advice(const InputTree& tree) {
  const bool is_sequence = tree.kind == Kind::kTuple || tree.kind == Kind::kList;
  if (!is_sequence || tree.children.empty()) return "";
  std::string sizes;
  for (const auto& child : tree.children) {
    if (child.kind != Kind::kValue || !child.value.isInt()) return "";
    sizes += (sizes.empty() ? "" : ", ") + text_of(child.value);
  }
  return str("; give a shape as torch_tensorrt.Input((", sizes, tree.children.size() == 1 ? ",))" : "))");
}

// The place of a value in the arguments: "pair[0]['image']".
struct Place {
  const std::string& method;
  std::string path;
  Place child(const std::string& index) const { return {method, path + "[" + index + "]"}; }
};

[[noreturn]] void refuse(const InputTree& tree, const TypePtr& type, const Place& place) {
  TORCHTRT_THROW_ERROR("argument " << place.path << " of " << place.method << " is " << type->annotation_str()
                                   << ", but the inputs have " << describe(tree) << " for it; " << take(type)
                                   << (is_tensor_type(without_optional(type)) ? shape_advice(tree) : ""));
}

// The value as the type stores it: an int for a float becomes a float.
IValue value_of_type(const InputTree& tree, const TypePtr& type, const Place& place) {
  const auto& value = tree.value;
  switch (type->kind()) {
    case TypeKind::IntType:
      if (value.isInt()) return value;
      break;
    case TypeKind::FloatType:
      if (value.isDouble()) return value;
      if (value.isInt()) return static_cast<double>(value.toInt());
      break;
    case TypeKind::BoolType:
      if (value.isBool()) return value;
      break;
    case TypeKind::StringType:
      if (value.isString()) return value;
      break;
    case TypeKind::NumberType:
      if (value.isInt() || value.isDouble()) return value;
      break;
    default:
      break;
  }
  refuse(tree, type, place);
}

// Checks the structure, and gives values the type of their place.
InputTree fit(InputTree tree, const TypePtr& declared, const Place& place) {
  const bool is_optional = declared->kind() == TypeKind::OptionalType || declared->kind() == TypeKind::NoneType;
  if (tree.kind == Kind::kValue && tree.value.isNone() && is_optional) return tree;
  const TypePtr type = without_optional(declared);
  if (tree.kind == Kind::kInput) {
    if (!is_tensor_type(type) && type->kind() != TypeKind::AnyType) refuse(tree, declared, place);
    return tree;
  }
  if (tree.kind == Kind::kValue) {
    tree.value = value_of_type(tree, type, place);
    return tree;
  }
  const bool is_sequence = tree.kind == Kind::kTuple || tree.kind == Kind::kList;
  if (const auto tuple = type->cast<c10::TupleType>()) {
    if (!is_sequence || tree.children.size() != tuple->elements().size()) refuse(tree, declared, place);
    tree.kind = Kind::kTuple;
    for (size_t i = 0; i < tree.children.size(); ++i) {
      tree.children[i] = fit(std::move(tree.children[i]), tuple->elements()[i], place.child(std::to_string(i)));
    }
    return tree;
  }
  if (const auto list = type->cast<c10::ListType>()) {
    if (!is_sequence) refuse(tree, declared, place);
    tree.kind = Kind::kList;
    for (size_t i = 0; i < tree.children.size(); ++i) {
      tree.children[i] = fit(std::move(tree.children[i]), list->getElementType(), place.child(std::to_string(i)));
    }
    return tree;
  }
  const auto dict = type->cast<c10::DictType>();
  if (dict == nullptr || tree.kind != Kind::kDict) refuse(tree, declared, place);
  for (size_t i = 0; i < tree.children.size(); ++i) {
    InputTree key;
    key.kind = Kind::kValue;
    key.value = tree.keys[i];
    const Place at = place.child(text_of(tree.keys[i]));
    tree.keys[i] = value_of_type(key, dict->getKeyType(), at);
    tree.children[i] = fit(std::move(tree.children[i]), dict->getValueType(), at);
  }
  return tree;
}

bool is_lone_list(const InputTree& tree) {
  const auto is_input = [](const InputTree& child) { return child.kind == Kind::kInput; };
  return tree.kind == Kind::kList && std::all_of(tree.children.begin(), tree.children.end(), is_input);
}

bool is_tuple_of_inputs(const InputTree& tree) {
  if (tree.kind == Kind::kInput) return true;
  return tree.kind == Kind::kTuple && std::all_of(tree.children.begin(), tree.children.end(), is_tuple_of_inputs);
}

[[noreturn]] void refuse_count(const c10::FunctionSchema& schema, size_t given) {
  std::string list;
  size_t count = 0;
  for (size_t i = 1; i < schema.arguments().size(); ++i) {
    const auto& argument = schema.arguments()[i];
    list += str(list.empty() ? "" : ", ", argument.name(), " : ", argument.type()->annotation_str());
    if (holds_tensors(argument.type())) ++count;
  }
  TORCHTRT_THROW_ERROR("Expected dimension specifications for all input tensors, but found "
                       << count << " input tensors and " << given << " dimension specs. " << schema.name() << " takes ("
                       << list << ")");
}

void check_names(const c10::FunctionSchema& schema, const GraphInputs& given) {
  for (const auto& [name, tree] : given.arguments_by_name) {
    std::string list;
    bool found = false;
    for (size_t i = 1; i < schema.arguments().size(); ++i) {
      found = found || schema.arguments()[i].name() == name;
      list += (list.empty() ? "" : ", ") + schema.arguments()[i].name();
    }
    TORCHTRT_CHECK(found, schema.name() << " has no argument " << name << "; its arguments are " << list);
  }
}

// The default of an argument without an entry: a tensor that is not described cannot be compiled, so it stays None.
BoundArgument omitted(const c10::Argument& argument) {
  BoundArgument bound;
  const auto& value = argument.default_value();
  if (!holds_tensors(argument.type()) || !value || !value->isNone()) return bound;
  bound.how = BoundArgument::How::kDefault;
  bound.tree.kind = Kind::kValue;
  return bound;
}

}  // namespace

TypePtr without_optional(const TypePtr& type) {
  const auto optional = type->cast<c10::OptionalType>();
  return optional == nullptr ? type : optional->getElementType();
}

InputTree input_tree(const IValue& value) {
  InputTree tree;
  if (value.isTuple() || value.isList()) {
    tree.kind = value.isTuple() ? Kind::kTuple : Kind::kList;
    const auto elements = value.isTuple() ? value.toTupleRef().elements().vec() : value.toListRef().vec();
    for (const auto& element : elements) tree.children.push_back(input_tree(element));
    return tree;
  }
  if (value.isGenericDict()) {
    tree.kind = Kind::kDict;
    for (const auto& entry : value.toGenericDict()) {
      TORCHTRT_CHECK(is_value(entry.key()) && !entry.key().isNone(),
                     "the keys of a dict of inputs must be strings or numbers, found " << entry.key().tagKind());
      tree.keys.push_back(entry.key());
      tree.children.push_back(input_tree(entry.value()));
    }
    return tree;
  }
  if (is_value(value)) {
    tree.kind = Kind::kValue;
    tree.value = value;
    return tree;
  }
  TORCHTRT_CHECK(value.isCustomClass(),
                 "input_signature must consist of tuples, lists, dicts, Inputs, numbers, "
                 "strings and None, found "
                     << value.tagKind());
  tree.input = *value.toCustomClass<Input>();
  return tree;
}

void for_each_input(InputTree& tree, const std::function<void(Input&)>& visit) {
  if (tree.kind == Kind::kInput) visit(tree.input);
  for (auto& child : tree.children) for_each_input(child, visit);
}

std::vector<Input> inputs_of(const InputTree& tree) {
  if (tree.kind == Kind::kInput) return {tree.input};
  std::vector<Input> inputs;
  for (const auto& child : tree.children) {
    auto inner = inputs_of(child);
    inputs.insert(inputs.end(), inner.begin(), inner.end());
  }
  return inputs;
}

std::vector<BoundArgument> bind_arguments(const c10::FunctionSchema& schema, const GraphInputs& given) {
  check_names(schema, given);
  const std::string& method = schema.name();
  std::vector<BoundArgument> bound;
  size_t next = 0;
  std::string skipped;  // why the entry after it may be the wrong one
  for (size_t i = 1; i < schema.arguments().size(); ++i) {
    const auto& argument = schema.arguments()[i];
    const bool has_tensors = holds_tensors(argument.type());
    const bool has_entry = next < given.arguments.size();
    const bool takes_entry = has_entry && (has_tensors || is_fixed(given.arguments[next]));
    const auto named = given.arguments_by_name.find(argument.name());
    const bool is_named = named != given.arguments_by_name.end();
    if (has_entry && !takes_entry && skipped.empty() && !is_named) {
      skipped = str("argument ", argument.name(), " of ", method, " is ",
                    argument.type()->kind() == TypeKind::IntType ? "an " : "a ", argument.type()->annotation_str(),
                    ", and input ", next, " is given for it; ", take(argument.type()));
    }
    TORCHTRT_CHECK(!is_named || !takes_entry,
                   "argument " << argument.name() << " of " << method << " is given twice, by position and by name");
    if (!is_named && !takes_entry) {
      bound.push_back(omitted(argument));
      if (has_tensors && !argument.default_value()) refuse_count(schema, given.arguments.size());
      continue;
    }
    const Place place{method, argument.name()};
    bound.push_back(
        {BoundArgument::How::kGiven, fit(is_named ? named->second : given.arguments[next], argument.type(), place)});
    if (!is_named) ++next;
  }
  if (next == given.arguments.size()) return bound;
  if (!skipped.empty()) TORCHTRT_THROW_ERROR(skipped);
  refuse_count(schema, given.arguments.size());
}

Decision fits_one_engine(const c10::FunctionSchema& schema, const std::vector<BoundArgument>& arguments) {
  bool ended = false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const auto& argument = arguments[i];
    const std::string what = str("argument ", schema.arguments()[i + 1].name(), " of ", schema.name());
    if (argument.how != BoundArgument::How::kGiven) {
      ended = true;
      continue;
    }
    if (ended) return Decision::no(what + " is given, but an argument before it is not");
    if (is_fixed(argument.tree) && !is_lone_list(argument.tree)) {
      return Decision::no(str(what, " has the value ", describe(argument.tree),
                              " in the inputs, which an engine cannot check; make it a default in the module"));
    }
    if (!is_tuple_of_inputs(argument.tree) && !is_lone_list(argument.tree)) {
      return Decision::no(str(what, " is given ", describe(argument.tree),
                              "; an engine takes tensors, tuples of them, and lists of tensors"));
    }
  }
  return Decision::yes();
}

IValue assemble(const InputTree& tree, const TypePtr& declared, const std::function<IValue(const Input&)>& tensor) {
  const TypePtr type = without_optional(declared);
  switch (tree.kind) {
    case Kind::kInput:
      return tensor(tree.input);
    case Kind::kValue:
      return tree.value;
    case Kind::kTuple: {
      const auto tuple = type->expect<c10::TupleType>();
      std::vector<IValue> parts;
      for (size_t i = 0; i < tree.children.size(); ++i) {
        parts.push_back(assemble(tree.children[i], tuple->elements()[i], tensor));
      }
      return c10::ivalue::Tuple::createNamed(std::move(parts), tuple);
    }
    case Kind::kList: {
      const auto element_type = type->expectRef<c10::ListType>().getElementType();
      c10::impl::GenericList list(element_type);
      for (const auto& child : tree.children) list.push_back(assemble(child, element_type, tensor));
      return list;
    }
    case Kind::kDict:
      break;
  }
  const auto dict_type = type->expect<c10::DictType>();
  c10::impl::GenericDict dict(dict_type->getKeyType(), dict_type->getValueType());
  for (size_t i = 0; i < tree.children.size(); ++i) {
    dict.insert(tree.keys[i], assemble(tree.children[i], dict_type->getValueType(), tensor));
  }
  return dict;
}

}  // namespace torch_tensorrt::core::ir
