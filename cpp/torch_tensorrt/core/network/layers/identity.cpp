#include "torch_tensorrt/core/network/layers/identity.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"

namespace torch_tensorrt::network {

std::vector<TensorType> IIdentityLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1);
  return {inputs[0].type};
}

std::optional<ShapeValue> IIdentityLayer::infer_value(const std::vector<InferInput>& inputs,
                                                      const std::vector<TensorType>& /*outputs*/) const {
  return inputs[0].value != nullptr ? std::optional<ShapeValue>(*inputs[0].value) : std::nullopt;
}

void IIdentityLayer::visit_attributes(AttributeVisitor& /*visitor*/) {}

}  // namespace torch_tensorrt::network
