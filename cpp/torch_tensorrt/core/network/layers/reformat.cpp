#include "torch_tensorrt/core/network/layers/reformat.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"

namespace torch_tensorrt::network {

std::vector<TensorType> IReformatLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1);
  return {inputs[0].type};
}

void IReformatLayer::visit_attributes(AttributeVisitor& visitor) { visitor.visit("reason", reason_); }

}  // namespace torch_tensorrt::network
