#include "torch_tensorrt/core/network/layers/cast.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"

namespace torch_tensorrt::network {

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
  for (int64_t& value : elements) {
    if (value != ShapeValue::kUnknown) {
      value = to_type_ == DataType::kBOOL ? static_cast<int64_t>(value != 0) : if_fits(to_type_, value);
    }
  }
  return ShapeValue{std::move(elements)};
}

void ICastLayer::visit_attributes(AttributeVisitor& visitor) { visitor.visit_as_enum("to", to_type_); }

}  // namespace torch_tensorrt::network
