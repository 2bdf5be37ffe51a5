#include "torch_tensorrt/core/network/layers/input.h"

#include <algorithm>

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {

std::vector<TensorType> IInputLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 0);
  const Dims& dims = type_.dims;
  if (std::any_of(dims.d, dims.d + dims.nbDims, [](int64_t d) { return d < -1; })) {
    TORCHTRT_THROW_ERROR("dims are " << to_string(dims) << ", each must be at least 0, or -1 for a dynamic one");
  }
  return {type_};
}

void IInputLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_enum("dtype", type_.dtype);
  visitor.visit("dims", type_.dims);
}

}  // namespace torch_tensorrt::network
