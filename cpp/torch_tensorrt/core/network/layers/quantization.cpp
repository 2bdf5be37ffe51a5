#include "torch_tensorrt/core/network/layers/quantization.h"

#include <cmath>

#include "torch_tensorrt/core/network/host/evaluate.h"
#include "torch_tensorrt/core/network/host/evaluate_elements.h"
#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {

void QuantizationBase::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_enum("to", to_type_);
  visitor.visit_as_integer("axis", axis_);
  visitor.visit("zero", zero_);
}

void QuantizationBase::check(const std::vector<InferInput>& inputs) const {
  const size_t own = own_inputs(epilogue_, inputs.size());
  if (own != 2) TORCHTRT_THROW_ERROR("has " << own << " inputs, must have 2");
  expect_inputs(inputs, inputs.size());
  const TensorType& scale = inputs[1].type;
  if (scale.dtype != DataType::kFLOAT) {
    TORCHTRT_THROW_ERROR("the scale is " << enum_name(scale.dtype) << ", must be f32");
  }
  if (axis_ == -1) {
    if (scale.dims.volume() != 1) TORCHTRT_THROW_ERROR("the scale " << to_string(scale.dims) << " must be one number");
    return;
  }
  const Dims& dims = inputs[0].type.dims;
  expect_axis(axis_, dims);
  if (scale.dims.nbDims != 1) TORCHTRT_THROW_ERROR("the scale " << to_string(scale.dims) << " must have one dimension");
  merge_dim(scale.dims.d[0], dims.d[axis_], scale.dims, dims);
}

std::vector<TensorType> IQuantizeLayer::infer(const std::vector<InferInput>& inputs) const {
  check(inputs);
  expect_floating_point(inputs[0].type.dtype);
  if (!is_byte(to_type_)) TORCHTRT_THROW_ERROR("quantizes to " << enum_name(to_type_) << ", must be i8 or u8");
  if (low_ < lowest(to_type_) || high_ > highest(to_type_) || low_ > zero_ || zero_ > high_) {
    TORCHTRT_THROW_ERROR("has the range " << low_ << ".." << high_ << " and the zero point " << zero_
                                          << "; the range must lie in " << lowest(to_type_) << ".." << highest(to_type_)
                                          << " and the zero point in the range");
  }
  return {{to_type_, inputs[0].type.dims}};
}

void IQuantizeLayer::visit_attributes(AttributeVisitor& visitor) {
  QuantizationBase::visit_attributes(visitor);
  visitor.visit("low", low_);
  visitor.visit("high", high_);
}

std::vector<TensorType> IDequantizeLayer::infer(const std::vector<InferInput>& inputs) const {
  check(inputs);
  if (!is_byte(inputs[0].type.dtype)) {
    TORCHTRT_THROW_ERROR("the input is " << enum_name(inputs[0].type.dtype) << ", must be i8 or u8");
  }
  expect_floating_point(to_type_);
  if (!epilogue_.empty() && to_type_ != DataType::kFLOAT) {
    TORCHTRT_THROW_ERROR("has an epilogue and dequantizes to " << enum_name(to_type_) << ", must be f32");
  }
  return {check_epilogue(epilogue_, inputs, {to_type_, inputs[0].type.dims})};
}

void IDequantizeLayer::visit_attributes(AttributeVisitor& visitor) {
  QuantizationBase::visit_attributes(visitor);
  visitor.visit("epilogue", epilogue_);
}

int64_t quantize(float x, float scale, int64_t zero, int64_t low, int64_t high) {
  const float place = std::nearbyint(x * (1.0F / scale));
  if (!(place >= static_cast<float>(low - zero))) return low;
  if (place >= static_cast<float>(high - zero)) return high;
  return static_cast<int64_t>(place) + zero;
}

namespace {

// Calls f(element, its scale) for each element.
template <typename F>
void for_each_scaled(const Dims& dims, int32_t axis, const HostTensor& scale, F f) {
  const auto* scales = static_cast<const float*>(scale.values());
  int64_t inner = 1;
  for (int32_t i = axis + 1; axis >= 0 && i < dims.nbDims; ++i) inner *= dims.d[i];
  const int64_t volume = dims.volume();
  for (int64_t i = 0; i < volume; ++i) f(i, axis < 0 ? scales[0] : scales[i / inner % dims.d[axis]]);
}

}  // namespace

void IQuantizeLayer::evaluate(const std::vector<HostTensor>& inputs, const MutableTensor& output) const {
  for_each_scaled(output.type.dims, axis_, inputs[1], [&](int64_t i, float scale) {
    const auto x = static_cast<float>(load_double(inputs[0].type.dtype, inputs[0].values(), i));
    store_integer(output.type.dtype, output.values, i, quantize(x, scale, zero_, low_, high_));
  });
}

void IDequantizeLayer::evaluate(const std::vector<HostTensor>& inputs, const MutableTensor& output) const {
  for_each_scaled(output.type.dims, axis_, inputs[1], [&](int64_t i, float scale) {
    const int64_t q = load_integer(inputs[0].type.dtype, inputs[0].values(), i) - zero_;
    store_double(output.type.dtype, output.values, i, static_cast<double>(static_cast<float>(q) * scale));
  });
}

}  // namespace torch_tensorrt::network
