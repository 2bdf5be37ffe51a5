#include "torch_tensorrt/core/network/layers/unary.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/network/scalar_formulas.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

using Op = UnaryOperation;

bool has_integer_form(Op op) { return op == Op::kABS || op == Op::kNEG || op == Op::kSIGN; }
bool is_predicate(Op op) { return op == Op::kISINF || op == Op::kISNAN; }

bool takes(Op op, DataType type) {
  if (op == Op::kNOT) {
    return type == DataType::kBOOL;
  }
  return is_floating_point(type) || (has_integer_form(op) && is_integral(type));
}

struct IntegerForm {
  Op op;
  int64_t (*apply)(int64_t);
};
constexpr IntegerForm kIntegerForms[] = {
    {Op::kABS, [](int64_t x) { return x < 0 ? -x : x; }},
    {Op::kNEG, [](int64_t x) { return -x; }},
    {Op::kSIGN, [](int64_t x) { return static_cast<int64_t>(x > 0) - static_cast<int64_t>(x < 0); }},
    {Op::kNOT, [](int64_t x) { return static_cast<int64_t>(x == 0); }},
};

ShapeValue real_value(Op op, std::vector<int64_t> elements, DataType result) {
  for (int64_t& value : elements) {
    if (value == ShapeValue::kUnknown) continue;
    const double computed = apply_unary(op, to_real(value));
    value = is_predicate(op) ? static_cast<int64_t>(computed != 0) : from_real(result, computed);
  }
  return {std::move(elements)};
}

}  // namespace

std::vector<TensorType> IUnaryLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1);
  const TensorType& type = inputs[0].type;
  if (!takes(operation_, type.dtype)) {
    TORCHTRT_THROW_ERROR(enum_name(operation_)
                         << " of " << enum_name(type.dtype) << " does not exist; add a cast before it");
  }
  return {{is_predicate(operation_) ? DataType::kBOOL : type.dtype, type.dims}};
}

std::optional<ShapeValue> IUnaryLayer::infer_value(const std::vector<InferInput>& inputs,
                                                   const std::vector<TensorType>& outputs) const {
  if (inputs[0].value == nullptr) {
    return std::nullopt;
  }
  if (is_floating_point(inputs[0].type.dtype)) {
    return real_value(operation_, inputs[0].value->elements, outputs[0].dtype);
  }
  for (const IntegerForm& form : kIntegerForms) {
    if (form.op != operation_) {
      continue;
    }
    std::vector<int64_t> elements = inputs[0].value->elements;
    for (int64_t& value : elements) {
      value = value == ShapeValue::kUnknown ? value : if_fits(outputs[0].dtype, form.apply(value));
    }
    return ShapeValue{std::move(elements)};
  }
  return std::nullopt;
}

void IUnaryLayer::visit_attributes(AttributeVisitor& visitor) { visitor.visit_as_enum("op", operation_); }

}  // namespace torch_tensorrt::network
