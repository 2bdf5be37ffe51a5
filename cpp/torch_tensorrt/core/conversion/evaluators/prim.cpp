#include <algorithm>

#include "ATen/ATen.h"
#include "torch/csrc/jit/ir/constants.h"

#include "torch_tensorrt/core/conversion/evaluators/families.h"

namespace torch_tensorrt::core::conversion::evaluators {
namespace {

Result constant(ConversionCtx*, const torch::jit::Node* n, kwargs&) {
  if (n->output()->type()->kind() == c10::TypeKind::FunctionType) return std::nullopt;
  auto value = torch::jit::toIValue(n->output());
  // Copies the list, because a user of the list must not change the graph's constant.
  if (value && value->isList()) return torch::jit::IValue(value->toList().copy());
  return value;
}

// Known elements make a list of their type. If one is a network tensor, the list holds elements of any type.
Result list_construct(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  const auto type = n->output()->type()->expect<c10::ListType>()->getElementType();
  std::vector<torch::jit::IValue> elements;
  bool computed = false;
  for (size_t i = 0; i < n->inputs().size(); ++i) {
    elements.push_back(argument(n, args, i));
    computed = computed || holds_network_tensor(elements.back());
  }
  c10::impl::GenericList list(computed ? c10::TypePtr(c10::AnyType::get()) : type);
  for (auto& element : elements) list.push_back(std::move(element));
  return torch::jit::IValue(std::move(list));
}

Result tuple_construct(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  std::vector<torch::jit::IValue> elements;
  for (size_t i = 0; i < n->inputs().size(); ++i) elements.push_back(argument(n, args, i));
  return torch::jit::IValue(c10::ivalue::Tuple::create(std::move(elements)));
}

// Assigns the elements of a list or tuple to the node's outputs. Splits a network tensor in place of a list of sizes
// into its elements.
Result unpack(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  const auto value = argument(n, args, 0);
  std::vector<torch::jit::IValue> elements;
  if (TensorContainer::is_in(value)) {
    auto* tensor = value.toCustomClass<TensorContainer>()->tensor();
    for (size_t i = 0; i < n->outputs().size(); ++i) {
      elements.push_back(TensorContainer::wrap(index_layer(ctx, n, tensor, static_cast<int64_t>(i))));
    }
  } else if (value.isTuple()) {
    elements = value.toTupleRef().elements().vec();
  } else {
    elements = value.toListRef().vec();
  }
  TORCHTRT_CHECK(elements.size() == n->outputs().size(), util::node_info(n)
                                                             << ": cannot unpack " << elements.size()
                                                             << " elements into " << n->outputs().size() << " values");
  if (elements.size() == 1) return elements[0];
  return torch::jit::IValue(c10::ivalue::Tuple::create(std::move(elements)));
}

Result tuple_index(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  const auto tuple = argument(n, args, 0);
  const auto& elements = tuple.toTupleRef().elements();
  const auto count = static_cast<int64_t>(elements.size());
  const int64_t index = normalizeIndex(args.at(n->input(1)).unwrapToInt(), count);
  TORCHTRT_CHECK(index >= 0 && index < count,
                 util::node_info(n) << ": index " << index << " is out of range for a tuple of " << count);
  return elements[index];
}

Result first_argument(ConversionCtx*, const torch::jit::Node* n, kwargs& args) { return argument(n, args, 0); }

Result is_instance(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  const auto value = argument(n, args, 0);
  const c10::TypePtr type = TensorContainer::is_in(value) ? c10::TypePtr(c10::TensorType::get()) : value.type();
  const auto& types = n->tys(torch::jit::attr::types);
  return std::any_of(types.begin(), types.end(), [&](const auto& wanted) { return type->isSubtypeOf(*wanted); });
}

Result nothing(ConversionCtx*, const torch::jit::Node*, kwargs&) { return torch::jit::IValue(); }

// A number as a tensor. A computed number is a 0-d tensor already.
Result num_to_tensor(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  const auto value = argument(n, args, 0);
  if (TensorContainer::is_in(value)) return value;
  return torch::jit::IValue(at::scalar_to_tensor(value.toScalar()));
}

// Engines do not print messages.
Result no_effect(ConversionCtx*, const torch::jit::Node*, kwargs&) { return std::nullopt; }

Result raise_exception(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  const auto message = argument(n, args, 0);
  TORCHTRT_THROW_ERROR("Error from TorchScript: " << (message.isString() ? message.toStringRef() : message.tagKind()));
}

}  // namespace

Registrations prim_evaluators() {
  namespace prim = torch::jit::prim;
  return {
      {prim::Constant, constant},
      {prim::ListConstruct, list_construct},
      {prim::TupleConstruct, tuple_construct},
      {prim::ListUnpack, unpack},
      {prim::TupleUnpack, unpack},
      {prim::TupleIndex, tuple_index},
      {prim::unchecked_cast, first_argument},
      {prim::unchecked_unwrap_optional, first_argument},
      {c10::Symbol::aten("_unwrap_optional"), first_argument},
      {prim::isinstance, is_instance},
      {prim::Uninitialized, nothing},
      {prim::NumToTensor, num_to_tensor},
      {prim::RaiseException, raise_exception},
      {prim::Print, no_effect},
      {c10::Symbol::aten("warn"), no_effect},
  };
}

}  // namespace torch_tensorrt::core::conversion::evaluators
