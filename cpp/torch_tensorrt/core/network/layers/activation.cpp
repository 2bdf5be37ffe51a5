#include "torch_tensorrt/core/network/layers/activation.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {

std::vector<TensorType> IActivationLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1);
  const DataType type = inputs[0].type.dtype;
  const bool has_integer_form = type_ == ActivationType::kRELU || type_ == ActivationType::kCLIP;
  if (!is_floating_point(type) && !(has_integer_form && is_integral(type))) {
    TORCHTRT_THROW_ERROR(enum_name(type_) << " of " << enum_name(type)
                                          << " does not exist, the input must be a floating-point type; add a cast");
  }
  return {inputs[0].type};
}

void IActivationLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_enum("type", type_);
  visitor.visit("alpha", alpha_);
  visitor.visit("beta", beta_);
}

}  // namespace torch_tensorrt::network
