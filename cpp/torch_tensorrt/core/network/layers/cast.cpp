#include "torch_tensorrt/core/network/layers/cast.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"

namespace torch_tensorrt::network {
namespace {

int64_t to_integer(DataType to, double value) {
  // Beyond these the result is not defined; NaN is neither.
  constexpr double kLimit = 9.2e18;
  if (to == DataType::kBOOL) return static_cast<int64_t>(value != 0);
  if (!(value > -kLimit && value < kLimit)) return ShapeValue::kUnknown;
  return if_fits(to, static_cast<int64_t>(value));
}

int64_t cast_element(DataType from, DataType to, int64_t element) {
  if (element == ShapeValue::kUnknown) return element;
  if (is_floating_point(from)) {
    return is_floating_point(to) ? from_real(to, to_real(element)) : to_integer(to, to_real(element));
  }
  if (is_floating_point(to)) return from_real(to, static_cast<double>(element));
  return to == DataType::kBOOL ? static_cast<int64_t>(element != 0) : if_fits(to, element);
}

}  // namespace

std::vector<TensorType> ICastLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1);
  return {{to_type_, inputs[0].type.dims}};
}

std::optional<ShapeValue> ICastLayer::infer_value(const std::vector<InferInput>& inputs,
                                                  const std::vector<TensorType>& /*outputs*/) const {
  if (inputs[0].value == nullptr) {
    return std::nullopt;
  }
  std::vector<int64_t> elements = inputs[0].value->elements;
  for (int64_t& value : elements) value = cast_element(inputs[0].type.dtype, to_type_, value);
  return ShapeValue{std::move(elements)};
}

void ICastLayer::visit_attributes(AttributeVisitor& visitor) { visitor.visit_as_enum("to", to_type_); }

}  // namespace torch_tensorrt::network
