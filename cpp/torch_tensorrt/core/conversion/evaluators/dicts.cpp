#include "torch_tensorrt/core/conversion/evaluators/families.h"

// Dicts with network tensors among their values, which PyTorch's own operators cannot put into a typed dict. As with
// lists, all holders share one dict. It keeps the keys in order of insertion.
namespace torch_tensorrt::core::conversion::evaluators {
namespace {

using GenericDict = c10::impl::GenericDict;
using GenericList = c10::impl::GenericList;
using torch::jit::IValue;

IValue key_argument(const torch::jit::Node* n, const kwargs& args, size_t place) {
  const IValue key = argument(n, args, place);
  TORCHTRT_CHECK(!holds_network_tensor(key), util::node_info(n)
                                                 << ": the key of a dict depends on the inputs; it must be known "
                                                    "while compiling");
  return key;
}

std::string text_of(const IValue& key) {
  return key.isString() ? "'" + key.toStringRef() + "'" : torch_tensorrt::str(key);
}

GenericDict dict_argument(const torch::jit::Node* n, const kwargs& args) {
  return argument(n, args, 0).toGenericDict();
}

GenericDict empty_dict(const torch::jit::Node* n) {
  return GenericDict(n->output()->type()->expectRef<c10::DictType>().getKeyType(), c10::AnyType::get());
}

IValue pair_of(const GenericDict::iterator::value_type& entry) {
  return c10::ivalue::Tuple::create(entry.key(), entry.value());
}

void require_key(const torch::jit::Node* n, const GenericDict& dict, const IValue& key) {
  TORCHTRT_CHECK(dict.contains(key), util::node_info(n) << ": the dict has no key " << text_of(key));
}

// The inputs alternate: key, value, key, value, ...
Result construct(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  auto dict = empty_dict(n);
  for (size_t i = 0; i + 1 < n->inputs().size(); i += 2) {
    dict.insert_or_assign(key_argument(n, args, i), argument(n, args, i + 1));
  }
  return IValue(dict);
}

// Copies another dict, or a list of pairs.
Result copied(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  const auto source = argument(n, args, 0);
  auto dict = empty_dict(n);
  if (source.isGenericDict()) {
    for (const auto& entry : source.toGenericDict()) dict.insert_or_assign(entry.key(), entry.value());
    return IValue(dict);
  }
  for (const IValue& pair : source.toListRef()) {
    const auto& elements = pair.toTupleRef().elements();
    dict.insert_or_assign(elements[0], elements[1]);
  }
  return IValue(dict);
}

Result get_item(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  const auto dict = dict_argument(n, args);
  const auto key = key_argument(n, args, 1);
  require_key(n, dict, key);
  return dict.at(key);
}

// Returns None if the key is missing and no default is given.
Result get(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  const auto dict = dict_argument(n, args);
  const auto key = key_argument(n, args, 1);
  if (dict.contains(key)) return dict.at(key);
  return n->inputs().size() > 2 ? argument(n, args, 2) : IValue();
}

Result set_default(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  auto dict = dict_argument(n, args);
  const auto key = key_argument(n, args, 1);
  dict.insert(key, argument(n, args, 2));
  return dict.at(key);
}

Result set_item(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  dict_argument(n, args).insert_or_assign(key_argument(n, args, 1), argument(n, args, 2));
  return std::nullopt;
}

Result update(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  auto dict = dict_argument(n, args);
  const auto more = argument(n, args, 1).toGenericDict().copy();
  for (const auto& entry : more) dict.insert_or_assign(entry.key(), entry.value());
  return std::nullopt;
}

Result pop(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  auto dict = dict_argument(n, args);
  const auto key = key_argument(n, args, 1);
  if (n->inputs().size() > 2 && !dict.contains(key)) return argument(n, args, 2);
  require_key(n, dict, key);
  const IValue value = dict.at(key);
  static_cast<void>(dict.erase(key));
  return value;
}

Result remove(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  auto dict = dict_argument(n, args);
  const auto key = key_argument(n, args, 1);
  require_key(n, dict, key);
  static_cast<void>(dict.erase(key));
  return std::nullopt;
}

Result clear(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  dict_argument(n, args).clear();
  return std::nullopt;
}

Result keys(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  const auto dict = dict_argument(n, args);
  GenericList list(dict.keyType());
  for (const auto& entry : dict) list.push_back(entry.key());
  return IValue(list);
}

Result values(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  GenericList list(c10::AnyType::get());
  for (const auto& entry : dict_argument(n, args)) list.push_back(entry.value());
  return IValue(list);
}

Result items(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  GenericList list(c10::AnyType::get());
  for (const auto& entry : dict_argument(n, args)) list.push_back(pair_of(entry));
  return IValue(list);
}

Result contains(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  return dict_argument(n, args).contains(key_argument(n, args, 1));
}

Result length(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  return static_cast<int64_t>(dict_argument(n, args).size());
}

struct Row {
  const char* kind;
  NodeEvaluator evaluator;
  const char* schema;  // with KEY in place of the keys' type
};

std::string with_key(std::string text, const std::string& type) {
  for (size_t at = text.find("KEY"); at != std::string::npos; at = text.find("KEY")) text.replace(at, 3, type);
  return text;
}

}  // namespace

Registrations dict_evaluators() {
  const Row rows[] = {
      {"aten::__getitem__", get_item, "aten::__getitem__.Dict_KEY(Dict(KEY, t) self, KEY key) -> t(*)"},
      {"aten::_set_item", set_item, "aten::_set_item.KEY(Dict(KEY, t)(a!) l, KEY(b -> *) idx, t(c -> *) v) -> ()"},
      {"aten::Delete", remove, "aten::Delete.Dict_KEY(Dict(KEY, t)(a!) self, KEY key) -> ()"},
      {"aten::get", get, "aten::get.KEY(Dict(KEY, t) self, KEY key) -> t(*)?"},
      {"aten::get", get, "aten::get.default_KEY(Dict(KEY, t) self, KEY key, t default_value) -> t(*)"},
      {"aten::setdefault", set_default,
       "aten::setdefault.KEY(Dict(KEY, t)(a!) self, KEY(b -> *) key, t(c -> *) default_value) -> t(*)"},
      {"aten::pop", pop, "aten::pop.Dict_KEY(Dict(KEY, t)(a!) self, KEY key) -> t(*)"},
      {"aten::pop", pop, "aten::pop.Dict_default_KEY(Dict(KEY, t)(a!) self, KEY key, t default_value) -> t(*)"},
      {"aten::update", update, "aten::update.KEY(Dict(KEY, t)(a!) self, Dict(KEY, t)(a!) to_add) -> ()"},
      {"aten::clear", clear, "aten::clear.KEY(Dict(KEY, t)(a!) self) -> ()"},
      {"aten::keys", keys, "aten::keys.KEY(Dict(KEY, t) self) -> KEY[](*)"},
      {"aten::values", values, "aten::values.KEY(Dict(KEY, t) self) -> t[](*)"},
      {"aten::items", items, "aten::items.KEY(Dict(KEY, t) self) -> ((KEY, t)[])"},
      {"aten::__contains__", contains, "aten::__contains__.KEY(Dict(KEY, t) dict, KEY key) -> bool"},
      {"aten::len", length, "aten::len.Dict_KEY(Dict(KEY, t) self) -> int"},
      {"aten::copy", copied, "aten::copy.Dict_KEY(Dict(KEY, t)(a) self) -> Dict(KEY, t)"},
      {"aten::dict", copied, "aten::dict.Dict_KEY(Dict(KEY, t)(a) self) -> Dict(KEY, t)"},
      {"aten::dict", copied, "aten::dict.KEY((KEY, tVal)[] inputs) -> Dict(KEY, tVal)"},
  };
  Registrations registrations = {row("prim::DictConstruct", construct),
                                 row("aten::dict", construct, {"aten::dict() -> Dict(str, Tensor)"})};
  for (const Row& one : rows) {
    std::set<std::string> schemas;
    for (const char* type : {"str", "int"}) schemas.insert(with_key(one.schema, type));
    registrations.push_back(row(one.kind, one.evaluator, std::move(schemas)));
  }
  return registrations;
}

}  // namespace torch_tensorrt::core::conversion::evaluators
