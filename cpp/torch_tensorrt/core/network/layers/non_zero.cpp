#include "torch_tensorrt/core/network/layers/non_zero.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {

std::vector<TensorType> INonZeroLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1);
  const Dims& dims = inputs[0].type.dims;
  if (dims.nbDims == 0) {
    TORCHTRT_THROW_ERROR("the input is a scalar, which has no places; reshape it to one dimension before");
  }
  return {{DataType::kINT32, Dims{dims.nbDims, -1}}};
}

void INonZeroLayer::visit_attributes(AttributeVisitor& /*visitor*/) {}

}  // namespace torch_tensorrt::network
