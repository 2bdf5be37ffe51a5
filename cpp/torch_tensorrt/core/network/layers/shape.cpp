#include "torch_tensorrt/core/network/layers/shape.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"

namespace torch_tensorrt::network {

std::vector<TensorType> IShapeLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1);
  return {{DataType::kINT64, Dims{inputs[0].type.dims.nbDims}}};
}

std::optional<ShapeValue> IShapeLayer::infer_value(const std::vector<InferInput>& inputs,
                                                   const std::vector<TensorType>& /*outputs*/) const {
  ShapeValue value{inputs[0].type.dims.to_vector()};
  for (int64_t& dim : value.elements) {
    dim = dim == -1 ? ShapeValue::kUnknown : dim;
  }
  return value;
}

void IShapeLayer::visit_attributes(AttributeVisitor& /*visitor*/) {}

}  // namespace torch_tensorrt::network
