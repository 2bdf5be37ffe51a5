#include "torch_tensorrt/core/network/layers/scale.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

// Elements that every weight must have; -1 when a dimension is not known yet.
int64_t expected_count(ScaleMode mode, int64_t channel_axis, const Dims& dims) {
  switch (mode) {
    case ScaleMode::kUNIFORM:
      return 1;
    case ScaleMode::kCHANNEL:
      expect_axis(channel_axis, dims);
      return dims.d[channel_axis];
    case ScaleMode::kELEMENTWISE:
      if (dims.nbDims < 1) {
        TORCHTRT_THROW_ERROR("the input is a scalar, must have a batch dimension");
      }
      return Dims(dims.nbDims - 1, dims.d + 1).volume();
  }
  TORCHTRT_THROW_ERROR("scale mode " << enum_name(mode) << " does not exist");
}

void check_weights(const char* what, const Weights& weights, DataType type, int64_t expected) {
  if (weights.count == 0) {
    return;
  }
  if (expected != -1 && weights.count != expected) {
    TORCHTRT_THROW_ERROR("the " << what << " has " << weights.count << " elements, must have " << expected);
  }
  if (weights.type != type && weights.type != DataType::kFLOAT) {
    TORCHTRT_THROW_ERROR("the " << what << " is " << enum_name(weights.type) << ", must be f32 or as the input "
                                << enum_name(type));
  }
}

}  // namespace

std::vector<TensorType> IScaleLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1);
  const TensorType& type = inputs[0].type;
  expect_floating_point(type.dtype);
  const int64_t expected = expected_count(mode_, channel_axis_, type.dims);
  check_weights("shift", shift_, type.dtype, expected);
  check_weights("scale", scale_, type.dtype, expected);
  check_weights("power", power_, type.dtype, expected);
  return {type};
}

void IScaleLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_enum("mode", mode_);
  visitor.visit("shift", shift_);
  visitor.visit("scale", scale_);
  visitor.visit("power", power_);
  visitor.visit("channel_axis", channel_axis_);
}

}  // namespace torch_tensorrt::network
