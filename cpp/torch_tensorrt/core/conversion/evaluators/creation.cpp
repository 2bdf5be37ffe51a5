#include "ATen/ATen.h"

#include "torch_tensorrt/core/conversion/converters/impl/layers.h"
#include "torch_tensorrt/core/conversion/evaluators/families.h"

namespace torch_tensorrt::core::conversion::evaluators {
namespace {

// PyTorch makes the constant on the CPU: the device argument means the engine's device, not the place of constants.
Result made_by_pytorch(const torch::jit::Node* n, kwargs& args) {
  std::map<const torch::jit::Value*, torch::jit::IValue> replaced;
  for (auto& [value, var] : args) {
    if (var.isIValue() && var.IValue()->isDevice()) {
      replaced[value] = torch::jit::IValue(at::Device(at::kCPU));
      var = Var(&replaced[value]);
    }
  }
  return run_operator(n, args);
}

// The argument with this name; None if the schema has no such argument.
torch::jit::IValue named(const torch::jit::Node* n, const kwargs& args, const char* name) {
  const auto index = n->schema().argumentIndexWithName(name);
  return index ? argument(n, args, static_cast<size_t>(*index)) : torch::jit::IValue();
}

bool has_computed_argument(const torch::jit::Node* n, const kwargs& args) {
  for (size_t i = 0; i < n->inputs().size(); ++i) {
    if (holds_network_tensor(argument(n, args, i))) return true;
  }
  return false;
}

// The value of all elements if it is known: the fill_value, or the value in the operator's name.
std::optional<at::Scalar> content(const torch::jit::Node* n, const kwargs& args) {
  const auto given = named(n, args, "fill_value");
  if (given.isScalar()) return given.toScalar();
  if (!given.isNone()) return std::nullopt;
  return at::Scalar(std::string(n->kind().toUnqualString()).find("ones") != std::string::npos ? 1 : 0);
}

// The dtype argument, else the dtype of the `self` tensor, else the default.
at::ScalarType created_type(const torch::jit::Node* n, const kwargs& args, at::ScalarType content) {
  const auto given = named(n, args, "dtype");
  if (!given.isNone()) return static_cast<at::ScalarType>(given.toInt());
  const auto self = named(n, args, "self");
  if (self.isTensor()) return self.toTensor().scalar_type();
  if (TensorContainer::is_in(self)) return converters::scalar_type(self.toCustomClass<TensorContainer>()->tensor());
  const bool is_full = n->kind() == c10::Symbol::aten("full");
  if (is_full && content == at::kBool) return at::kBool;
  return is_full && at::isIntegralType(content, false) ? at::kLong : converters::default_float();
}

// zeros, ones, full and their _like and new_ forms: a constant if all arguments are known, else one repeated element.
Result created(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  if (!has_computed_argument(n, args)) return made_by_pytorch(n, args);
  const auto value = content(n, args);
  const auto size = n->schema().argumentIndexWithName("size");
  const auto sizes = size ? converters::read_sizes(ctx, args.at(n->input(*size)))
                          : converters::sizes_of(ctx, args.at(n->input(0)).ITensorOrFreeze(ctx));
  if (!value) {
    auto* number = named(n, args, "fill_value").toCustomClass<TensorContainer>()->tensor();
    auto* element = converters::cast(ctx, number, created_type(n, args, converters::scalar_type(number)));
    element = converters::replace_dims(ctx, element, 0, converters::rank(element), {});
    return TensorContainer::wrap(converters::broadcast(ctx, n, element, sizes));
  }
  const auto type = created_type(n, args, value->type());
  if (sizes.is_known()) return torch::jit::IValue(at::full(sizes.values, *value, at::TensorOptions().dtype(type)));
  return TensorContainer::wrap(converters::broadcast(ctx, n, converters::scalar_constant(ctx, *value, type), sizes));
}

// A number argument as a tensor of one element; `otherwise` if it is absent.
nvinfer1::ITensor* number_argument(ConversionCtx* ctx, const torch::jit::Node* n, const kwargs& args, const char* name,
                                   int64_t otherwise) {
  const auto given = named(n, args, name);
  if (!TensorContainer::is_in(given)) {
    const at::Scalar number = given.isNone() ? at::Scalar(otherwise) : given.toScalar();
    return converters::tensor_constant(ctx, at::full({1}, number, at::TensorOptions().dtype(number.type())));
  }
  auto* tensor = given.toCustomClass<TensorContainer>()->tensor();
  return converters::replace_dims(ctx, tensor, 0, converters::rank(tensor), {1});
}

Result typed(ConversionCtx* ctx, const torch::jit::Node* n, const kwargs& args, nvinfer1::ITensor* values,
             at::ScalarType otherwise) {
  const auto type = named(n, args, "dtype");
  return TensorContainer::wrap(
      converters::cast(ctx, values, type.isNone() ? otherwise : static_cast<at::ScalarType>(type.toInt())));
}

// The number of steps from start to end, at least 0. For floats it is ceil((end - start) / step) in double, with the
// quotient rounded as in PyTorch.
nvinfer1::ITensor* count_of_steps(ConversionCtx* ctx, nvinfer1::ITensor* start, nvinfer1::ITensor* end,
                                  nvinfer1::ITensor* step) {
  using nvinfer1::ElementWiseOperation;
  const auto apply = [&](ElementWiseOperation operation, nvinfer1::ITensor* a, nvinfer1::ITensor* b) {
    return converters::apply(ctx, operation, a, b);
  };
  auto* zero = converters::index_constant(ctx, {0});
  if (at::isFloatingType(converters::scalar_type(start))) {
    auto* quotient = apply(ElementWiseOperation::kDIV, apply(ElementWiseOperation::kSUB, end, start), step);
    // Apply the maximum before rounding up, because a size of -0.0 would count as unknown.
    auto* count = apply(ElementWiseOperation::kMAX, quotient, converters::cast(ctx, zero, at::kDouble));
    return converters::cast(ctx, converters::apply(ctx, nvinfer1::UnaryOperation::kCEIL, count), at::kLong);
  }
  // -floor((start - end) / step)
  auto* length = apply(ElementWiseOperation::kFLOOR_DIV, apply(ElementWiseOperation::kSUB, start, end), step);
  return apply(ElementWiseOperation::kMAX, apply(ElementWiseOperation::kSUB, zero, length), zero);
}

// arange with computed numbers: start + step * (0, 1, ...), in double for floats. The dtype int64 makes the numbers
// integers first.
Result counted(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  using nvinfer1::ElementWiseOperation;
  if (!has_computed_argument(n, args)) return made_by_pytorch(n, args);
  auto* start = number_argument(ctx, n, args, "start", 0);
  auto* end = number_argument(ctx, n, args, "end", 0);
  auto* step = number_argument(ctx, n, args, "step", 1);
  const bool real = at::isFloatingType(converters::scalar_type(start)) ||
                    at::isFloatingType(converters::scalar_type(end)) ||
                    at::isFloatingType(converters::scalar_type(step));
  const auto dtype = named(n, args, "dtype");
  const bool as_integers = !dtype.isNone() && static_cast<at::ScalarType>(dtype.toInt()) == at::kLong;
  const auto type = real && !as_integers ? at::kDouble : at::kLong;
  start = converters::cast(ctx, start, type);
  end = converters::cast(ctx, end, type);
  step = converters::cast(ctx, step, type);
  auto* count = count_of_steps(ctx, start, end, step);
  auto* places = converters::cast(ctx, converters::count_up(ctx, count), type);
  auto* steps = converters::apply(ctx, ElementWiseOperation::kPROD, places, step);
  auto* values = converters::apply(ctx, ElementWiseOperation::kSUM, steps, start);
  return typed(ctx, n, args, values, real ? converters::default_float() : at::kLong);
}

// A known or computed number as a 1-D tensor with one element of the dtype.
nvinfer1::ITensor* one_element(ConversionCtx* ctx, const torch::jit::IValue& number, at::ScalarType type) {
  if (!TensorContainer::is_in(number)) {
    return converters::tensor_constant(ctx, at::full({1}, number.toScalar(), at::TensorOptions().dtype(type)));
  }
  auto* tensor = converters::cast(ctx, number.toCustomClass<TensorContainer>()->tensor(), type);
  return converters::replace_dims(ctx, tensor, 0, converters::rank(tensor), {1});
}

// linspace with computed numbers. Counts from both ends as PyTorch does: start + step * i in the first half,
// end - step * (steps - 1 - i) in the second.
Result spaced(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  using nvinfer1::ElementWiseOperation;
  if (!has_computed_argument(n, args)) return made_by_pytorch(n, args);
  const auto dtype = named(n, args, "dtype");
  const auto type = dtype.isNone() ? converters::default_float() : static_cast<at::ScalarType>(dtype.toInt());
  TORCHTRT_CHECK(at::isFloatingType(type), util::node_info(n) << ": dtype is " << type << ", must be a float dtype");
  const auto apply = [&](ElementWiseOperation operation, nvinfer1::ITensor* a, nvinfer1::ITensor* b) {
    return converters::apply(ctx, operation, a, b);
  };
  auto* start = one_element(ctx, named(n, args, "start"), type);
  auto* end = one_element(ctx, named(n, args, "end"), type);
  auto* count = one_element(ctx, named(n, args, "steps"), at::kLong);
  auto* one = converters::index_constant(ctx, {1});
  auto* last = apply(ElementWiseOperation::kSUB, count, one);
  auto* gaps = converters::cast(ctx, apply(ElementWiseOperation::kMAX, last, one), type);
  auto* step = apply(ElementWiseOperation::kDIV, apply(ElementWiseOperation::kSUB, end, start), gaps);
  auto* places = converters::count_up(ctx, count);
  auto* rest = converters::cast(ctx, apply(ElementWiseOperation::kSUB, last, places), type);
  auto* forth = converters::cast(ctx, places, type);
  auto* from_start = apply(ElementWiseOperation::kSUM, start, apply(ElementWiseOperation::kPROD, step, forth));
  auto* from_end = apply(ElementWiseOperation::kSUB, end, apply(ElementWiseOperation::kPROD, step, rest));
  auto* half = apply(ElementWiseOperation::kFLOOR_DIV, count, converters::index_constant(ctx, {2}));
  auto* is_first_half = apply(ElementWiseOperation::kLESS, places, half);
  // A single element is the start.
  auto* is_alone = apply(ElementWiseOperation::kEQUAL, count, one);
  auto* values = converters::choose(ctx, is_first_half, from_start, from_end);
  return TensorContainer::wrap(converters::choose(ctx, is_alone, from_start, values));
}

// eye(n, m) with computed sizes: true where row and column are equal.
Result identity_matrix(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  if (!has_computed_argument(n, args)) return made_by_pytorch(n, args);
  const auto dtype = named(n, args, "dtype");
  const auto type = dtype.isNone() ? converters::default_float() : static_cast<at::ScalarType>(dtype.toInt());
  const auto rows = named(n, args, "n");
  const auto columns = named(n, args, "m");
  auto* row = converters::count_up(ctx, one_element(ctx, rows, at::kLong));
  auto* column = columns.isNone() ? row : converters::count_up(ctx, one_element(ctx, columns, at::kLong));
  row = converters::replace_dims(ctx, row, 1, 1, {1});
  return TensorContainer::wrap(
      converters::cast(ctx, converters::apply(ctx, nvinfer1::ElementWiseOperation::kEQUAL, row, column), type));
}

// Flattens nested lists of numbers; takes the sizes of the lists from the first list of each level.
void flatten(const torch::jit::IValue& data, size_t depth, std::vector<torch::jit::IValue>& elements,
             std::vector<int64_t>& sizes) {
  if (!data.isList()) {
    elements.push_back(data);
    return;
  }
  const auto list = data.toListRef();
  if (depth == sizes.size()) sizes.push_back(static_cast<int64_t>(list.size()));
  for (const auto& element : list) flatten(element, depth + 1, elements, sizes);
}

// torch.tensor with computed numbers.
Result tensor_of_numbers(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  if (!has_computed_argument(n, args)) return made_by_pytorch(n, args);
  std::vector<torch::jit::IValue> elements;
  std::vector<int64_t> sizes;
  flatten(argument(n, args, 0), 0, elements, sizes);
  const auto type_of = [](const torch::jit::IValue& value) {
    if (!TensorContainer::is_in(value)) return value.toScalar().type();
    return converters::scalar_type(value.toCustomClass<TensorContainer>()->tensor());
  };
  auto type = at::kBool;
  for (const auto& element : elements) type = at::promote_types(type, type_of(element));
  std::vector<nvinfer1::ITensor*> parts;
  for (const auto& element : elements) {
    auto* part = TensorContainer::is_in(element) ? element.toCustomClass<TensorContainer>()->tensor()
                                                 : converters::scalar_constant(ctx, element.toScalar(), type);
    part = converters::cast(ctx, part, type);
    parts.push_back(converters::replace_dims(ctx, part, 0, converters::rank(part), {1}));
  }
  auto* values = converters::replace_dims(ctx, converters::join(ctx, parts, 0), 0, 1, sizes);
  // Python floats make a tensor of the default dtype; scalar_tensor does so for any number.
  const bool is_default = type == at::kDouble || n->kind() == c10::Symbol::aten("scalar_tensor");
  return typed(ctx, n, args, values, is_default ? converters::default_float() : type);
}

// Converts the value to the dtype and dims of the tensor that it is written to.
torch::jit::IValue written(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  auto* target = args.at(n->input(0)).ITensorOrFreeze(ctx);
  const auto type = converters::scalar_type(target);
  const auto given = n->inputs().size() > 1 ? argument(n, args, 1) : torch::jit::IValue(0);
  auto* value = given.isScalar() ? converters::scalar_constant(ctx, given.toScalar(), type)
                                 : converters::cast(ctx, args.at(n->input(1)).ITensorOrFreeze(ctx), type);
  const bool same = value->getDimensions() == target->getDimensions() && value->getDimensions().is_static();
  return TensorContainer::wrap(same ? value : converters::broadcast(ctx, n, value, converters::sizes_of(ctx, target)));
}

// fill(x, value), copy(x, other), zero(x), and their in-place forms, whose written tensor has no other readers.
Result overwritten(ConversionCtx* ctx, const torch::jit::Node* n, kwargs& args) {
  if (!has_computed_argument(n, args)) return run_operator(n, args);
  return written(ctx, n, args);
}

// Nothing writes to a network tensor, so it needs no copy.
Result cloned(ConversionCtx*, const torch::jit::Node* n, kwargs& args) {
  const auto value = argument(n, args, 0);
  return TensorContainer::is_in(value) ? Result(value) : run_operator(n, args);
}

}  // namespace

Registrations creation_evaluators() {
  Registrations rows;
  for (const char* op : {"aten::zeros", "aten::ones", "aten::full", "aten::empty", "aten::zeros_like",
                         "aten::ones_like", "aten::full_like", "aten::empty_like", "aten::new_zeros", "aten::new_ones",
                         "aten::new_full", "aten::new_empty"}) {
    rows.emplace_back(symbol(op), created);
  }
  rows.emplace_back(symbol("aten::clone"), cloned);
  rows.emplace_back(symbol("aten::tensor"), tensor_of_numbers);
  rows.emplace_back(symbol("aten::scalar_tensor"), tensor_of_numbers);
  rows.emplace_back(symbol("aten::arange"), counted);
  rows.emplace_back(symbol("aten::linspace"), spaced);
  rows.emplace_back(symbol("aten::eye"), identity_matrix);
  for (const char* op : {"aten::fill", "aten::fill_", "aten::zero", "aten::zero_"}) {
    rows.emplace_back(symbol(op), overwritten);
  }
  for (const char* op : {"aten::copy", "aten::copy_"}) {
    const std::string arguments = "(Tensor self, Tensor src, bool non_blocking=False) -> Tensor";
    rows.push_back(row(op, overwritten, {op + arguments}));
  }
  return rows;
}

}  // namespace torch_tensorrt::core::conversion::evaluators
