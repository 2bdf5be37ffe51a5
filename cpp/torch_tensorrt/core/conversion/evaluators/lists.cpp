#include "ATen/ATen.h"

#include "torch_tensorrt/core/conversion/evaluators/families.h"

// Lists with network tensors among their elements, which PyTorch's own operators cannot put into a typed list. As in
// Python, all holders share one list: append changes the given list.
namespace torch_tensorrt::core::conversion::evaluators {
namespace {

using GenericList = c10::impl::GenericList;

// The list itself. A network tensor in place of a list of sizes is split into its elements.
GenericList list_argument(ConversionCtx* ctx, const torch::jit::Node* n, const kwargs& args, size_t place) {
  const auto value = argument(n, args, place);
  if (!TensorContainer::is_in(value)) return value.toList();
  auto* tensor = value.toCustomClass<TensorContainer>()->tensor();
  const auto dims = tensor->getDimensions();
  TORCHTRT_CHECK(dims.nbDims == 1 && dims.d[0] >= 0, util::node_info(n)
                                                         << ": a tensor of shape " << dims
                                                         << " is used as a list, must have rank 1 and a known size");
  GenericList list(c10::AnyType::get());
  for (int64_t i = 0; i < dims.d[0]; ++i) list.push_back(number_or_tensor(index_layer(ctx, n, tensor, i)));
  return list;
}

void push(GenericList& list, const torch::jit::IValue& element) {
  // A list of ints with a computed number cannot be read as a list of ints.
  if (holds_network_tensor(element)) list.unsafeSetElementType(c10::AnyType::get());
  list.push_back(element);
}

GenericList empty_like(const GenericList& list) { return GenericList(list.elementType()); }

int64_t checked_index(const torch::jit::Node* n, int64_t index, size_t size) {
  const int64_t place = normalizeIndex(index, static_cast<int64_t>(size));
  TORCHTRT_CHECK(place >= 0 && place < static_cast<int64_t>(size),
                 util::node_info(n) << ": index " << index << " is out of range for a list of " << size);
  return place;
}

// The elements of a 1-D tensor as numbers.
Result to_list(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  const auto value = argument(n, args, 0);
  if (TensorContainer::is_in(value)) return torch::jit::IValue(list_argument(ctx, n, args, 0));
  // prim::tolist has no schema to run; its inputs are the tensor, the dimensions and the kind of element.
  const auto tensor = value.toTensor();
  TORCHTRT_CHECK(tensor.dim() == 1 && at::isIntegralType(tensor.scalar_type(), /*includeBool=*/false),
                 util::node_info(n) << ": the tensor has rank " << tensor.dim() << " and dtype " << tensor.scalar_type()
                                    << ", must have rank 1 and an integer dtype");
  const auto elements = tensor.to(at::kLong).contiguous();
  const auto* first = elements.const_data_ptr<int64_t>();
  return torch::jit::IValue(c10::List<int64_t>(std::vector<int64_t>(first, first + elements.numel())));
}

Result get_item(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  const auto list = list_argument(ctx, n, args, 0);
  return list.get(checked_index(n, args.at(n->input(1)).unwrapToInt(), list.size()));
}

Result set_item(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  auto list = list_argument(ctx, n, args, 0);
  const auto element = argument(n, args, 2);
  if (holds_network_tensor(element)) list.unsafeSetElementType(c10::AnyType::get());
  list.set(checked_index(n, args.at(n->input(1)).unwrapToInt(), list.size()), element);
  return torch::jit::IValue(list);
}

Result length(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  const auto list = argument(n, args, 0);
  if (!TensorContainer::is_in(list)) return static_cast<int64_t>(list.toListRef().size());
  const int64_t size = list.toCustomClass<TensorContainer>()->tensor()->getDimensions().d[0];
  TORCHTRT_CHECK(size >= 0, util::node_info(n) << ": the length of the list is not known while compiling");
  return size;
}

Result slice(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  const auto list = list_argument(ctx, n, args, 0);
  const auto count = static_cast<int64_t>(list.size());
  const int64_t step = args.at(n->input(3)).unwrapToInt(1);
  TORCHTRT_CHECK(step != 0, util::node_info(n) << ": step is 0, must not be 0");
  // As in Python, indices before the start or after the end are clamped.
  const int64_t low = step > 0 ? 0 : -1;
  const int64_t high = step > 0 ? count : count - 1;
  const auto bound = [&](size_t place, int64_t missing) {
    const auto value = argument(n, args, place);
    if (value.isNone()) return missing;
    return std::min(std::max(normalizeIndex(value.toInt(), count), low), high);
  };
  const int64_t start = bound(1, step > 0 ? 0 : high);
  const int64_t end = bound(2, step > 0 ? count : low);
  auto part = empty_like(list);
  for (int64_t i = start; step > 0 ? i < end : i > end; i += step) part.push_back(list.get(i));
  return torch::jit::IValue(part);
}

Result append(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  auto list = list_argument(ctx, n, args, 0);
  push(list, argument(n, args, 1));
  return torch::jit::IValue(list);
}

Result insert(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  auto list = list_argument(ctx, n, args, 0);
  const auto count = static_cast<int64_t>(list.size());
  const int64_t place =
      std::min(std::max<int64_t>(normalizeIndex(args.at(n->input(1)).unwrapToInt(), count), 0), count);
  const auto element = argument(n, args, 2);
  if (holds_network_tensor(element)) list.unsafeSetElementType(c10::AnyType::get());
  list.insert(list.begin() + place, element);
  return std::nullopt;
}

Result pop(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  auto list = list_argument(ctx, n, args, 0);
  const int64_t place = checked_index(n, args.at(n->input(1)).unwrapToInt(), list.size());
  torch::jit::IValue element = list.get(place);
  list.erase(list.begin() + place);
  return element;
}

void push_all(GenericList& list, const GenericList& more) {
  // Copies first, because a list may be extended by itself.
  const auto elements = more.copy();
  for (size_t i = 0; i < elements.size(); ++i) push(list, elements.get(i));
}

Result extend(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  auto list = list_argument(ctx, n, args, 0);
  push_all(list, list_argument(ctx, n, args, 1));
  if (n->outputs().empty()) return std::nullopt;
  return torch::jit::IValue(list);
}

Result add(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  auto list = list_argument(ctx, n, args, 0).copy();
  push_all(list, list_argument(ctx, n, args, 1));
  return torch::jit::IValue(list);
}

Result repeat(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  const auto list = list_argument(ctx, n, args, 0);
  auto repeated = empty_like(list);
  for (int64_t i = args.at(n->input(1)).unwrapToInt(); i > 0; --i) push_all(repeated, list);
  return torch::jit::IValue(repeated);
}

Result copy(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  return torch::jit::IValue(list_argument(ctx, n, args, 0).copy());
}

Result reverse(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  auto list = list_argument(ctx, n, args, 0);
  const auto elements = list.copy();
  for (size_t i = 0; i < elements.size(); ++i) list.set(i, elements.get(elements.size() - 1 - i));
  return std::nullopt;
}

Result clear(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  list_argument(ctx, n, args, 0).clear();
  return std::nullopt;
}

}  // namespace

Registrations list_evaluators() {
  return {
      row("aten::__getitem__", get_item, {"aten::__getitem__.t(t[](a) list, int idx) -> t(*)"}),
      row("aten::_set_item", set_item, {"aten::_set_item.t(t[](a!) l, int idx, t(b -> *) el) -> t[](a!)"}),
      row("prim::tolist", to_list),
      row("aten::len", length, {"aten::len.t(t[] a) -> int"}),
      row("aten::slice", slice, {"aten::slice.t(t[] l, int? start=None, int? end=None, int step=1) -> t[]"}),
      row("aten::append", append, {"aten::append.t(t[](a!) self, t(c -> *) el) -> t[](a!)"}),
      row("aten::insert", insert, {"aten::insert.t(t[](a!) self, int idx, t(b -> *) el) -> ()"}),
      row("aten::pop", pop, {"aten::pop.t(t[](a!) self, int idx=-1) -> t(*)"}),
      row("aten::extend", extend, {"aten::extend.t(t[](a!) self, t[] other) -> ()"}),
      row("aten::add_", extend, {"aten::add_.t(t[](a!) self, t[] b) -> t[]"}),
      row("aten::add", add, {"aten::add.t(t[] a, t[] b) -> t[]"}),
      row("aten::mul", repeat, {"aten::mul.left_t(t[] l, int n) -> t[]"}),
      row("aten::list", copy, {"aten::list.t(t[] l) -> t[]"}),
      row("aten::copy", copy, {"aten::copy.t(t[](a) self) -> t[]"}),
      row("aten::reverse", reverse, {"aten::reverse.t(t[](a!) self) -> ()"}),
      row("aten::clear", clear, {"aten::clear.t(t[](a!) self) -> ()"}),
  };
}

}  // namespace torch_tensorrt::core::conversion::evaluators
