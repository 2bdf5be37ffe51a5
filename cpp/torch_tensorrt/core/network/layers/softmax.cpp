#include "torch_tensorrt/core/network/layers/softmax.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {

std::vector<TensorType> ISoftMaxLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1);
  const TensorType& type = inputs[0].type;
  expect_floating_point(type.dtype);
  // PyTorch takes the softmax of a scalar over its "dimension 0".
  const bool is_scalar = type.dims.nbDims == 0 && axes_ == 1;
  if (!is_scalar) {
    expect_axes(axes_, type.dims);
  }
  if (axes_ == 0 || (axes_ & (axes_ - 1)) != 0) {
    TORCHTRT_THROW_ERROR("axes mask is " << axes_ << ", must have exactly one bit set");
  }
  return {type};
}

void ISoftMaxLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_integer("axes", axes_);
  visitor.visit("log", log_);
}

}  // namespace torch_tensorrt::network
