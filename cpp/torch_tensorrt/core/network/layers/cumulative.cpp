#include "torch_tensorrt/core/network/layers/cumulative.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {

std::vector<TensorType> ICumulativeLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1);
  const TensorType& type = inputs[0].type;
  expect_axis(axis_, type.dims);
  if (type.dtype == DataType::kBOOL) {
    TORCHTRT_THROW_ERROR("a running " << enum_name(operation_) << " of bool does not exist; add a cast before it");
  }
  return {type};
}

void ICumulativeLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_enum("op", operation_);
  visitor.visit_as_integer("axis", axis_);
}

}  // namespace torch_tensorrt::network
