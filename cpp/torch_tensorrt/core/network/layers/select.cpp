#include "torch_tensorrt/core/network/layers/select.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/network/shape_inference.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

int64_t choose(int64_t condition, int64_t then_value, int64_t else_value) {
  if (condition == ShapeValue::kUnknown) {
    return then_value == else_value ? then_value : ShapeValue::kUnknown;
  }
  return condition != 0 ? then_value : else_value;
}

}  // namespace

std::vector<TensorType> ISelectLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 3);
  if (inputs[0].type.dtype != DataType::kBOOL) {
    TORCHTRT_THROW_ERROR("the condition is " << enum_name(inputs[0].type.dtype)
                                             << ", must be bool; add a cast before it");
  }
  const TensorType& then_type = inputs[1].type;
  const TensorType& else_type = inputs[2].type;
  expect_same_type(then_type.dtype, else_type.dtype);
  const Dims dims = broadcast_dims(inputs[0].type.dims, broadcast_dims(then_type.dims, else_type.dims));
  return {{then_type.dtype, dims}};
}

std::optional<ShapeValue> ISelectLayer::infer_value(const std::vector<InferInput>& inputs,
                                                    const std::vector<TensorType>& outputs) const {
  for (const InferInput& input : inputs) {
    if (!input.type.dims.is_static()) {
      return std::nullopt;
    }
  }
  std::vector<int64_t> elements(static_cast<size_t>(outputs[0].dims.volume()));
  for_each_index(outputs[0].dims, [&](size_t flat, const std::vector<int64_t>& index) {
    int64_t values[3];
    for (size_t i = 0; i < 3; ++i) {
      values[i] = element(inputs[i], broadcast_index(inputs[i].type.dims, index));
    }
    elements[flat] = choose(values[0], values[1], values[2]);
  });
  return finish_value(std::move(elements), inputs);
}

void ISelectLayer::visit_attributes(AttributeVisitor& /*visitor*/) {}

}  // namespace torch_tensorrt::network
