#include "torch_tensorrt/core/network/layers/normalization.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

void check_weight(const char* what, const TensorType& weight, const TensorType& input) {
  if (weight.dtype != input.dtype && weight.dtype != DataType::kFLOAT) {
    TORCHTRT_THROW_ERROR("the " << what << " is " << enum_name(weight.dtype) << ", must be f32 or as the input "
                                << enum_name(input.dtype));
  }
  bool fits = weight.dims.nbDims <= input.dims.nbDims;
  for (int32_t back = 1; fits && back <= weight.dims.nbDims; ++back) {
    const int64_t mine = weight.dims.d[weight.dims.nbDims - back];
    const int64_t full = input.dims.d[input.dims.nbDims - back];
    fits = mine == 1 || mine == full || mine == -1 || full == -1;
  }
  if (!fits) {
    TORCHTRT_THROW_ERROR("the " << what << " " << to_string(weight.dims) << " must broadcast to the input "
                                << to_string(input.dims));
  }
}

void check_groups(int64_t groups, const Dims& dims) {
  if (groups < 1) {
    TORCHTRT_THROW_ERROR("number of groups is " << groups << ", must be positive");
  }
  if (groups == 1) {
    return;
  }
  if (dims.nbDims < 2 || (dims.d[1] != -1 && dims.d[1] % groups != 0)) {
    TORCHTRT_THROW_ERROR("the channels (dimension 1) of the input " << to_string(dims) << " must be a multiple of the "
                                                                    << groups << " groups");
  }
}

}  // namespace

std::vector<TensorType> INormalizationLayer::infer(const std::vector<InferInput>& inputs) const {
  const size_t weights = (has_scale_ ? 1 : 0) + (has_bias_ ? 1 : 0);
  expect_inputs(inputs, 1 + weights);
  const TensorType& type = inputs[0].type;
  expect_floating_point(type.dtype);
  expect_axes(axes_, type.dims);
  if (axes_ == 0) {
    TORCHTRT_THROW_ERROR("axes mask is 0, must name at least one dimension of the input " << to_string(type.dims));
  }
  check_groups(groups_, type.dims);
  if (has_scale_) {
    check_weight("scale", inputs[1].type, type);
  }
  if (has_bias_) {
    check_weight("bias", inputs[weights].type, type);
  }
  return {type};
}

void INormalizationLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_integer("axes", axes_);
  visitor.visit("epsilon", epsilon_);
  visitor.visit("groups", groups_);
  visitor.visit("rms", rms_);
  visitor.visit("has_scale", has_scale_);
  visitor.visit("has_bias", has_bias_);
  visitor.visit_as_enum("compute_precision", compute_precision_);
}

}  // namespace torch_tensorrt::network
