#include "torch_tensorrt/core/network/layers/pooling.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/network/layers/spatial.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {

Dims IPoolingLayer::full_stride() const { return stride_.nbDims != 0 ? stride_ : window_size_; }
Dims IPoolingLayer::full_dilation() const { return filled(dilation_, window_size_.nbDims, 1); }

Window IPoolingLayer::window() const {
  return {window_size_,
          full_stride(),
          full_dilation(),
          filled(pre_padding_, window_size_.nbDims, 0),
          filled(post_padding_, window_size_.nbDims, 0),
          padding_mode_};
}

void IPoolingLayer::resolved_padding(const Dims& input, Dims* pre, Dims* post) const {
  resolve_padding(window(), input, pre, post);
}

std::vector<TensorType> IPoolingLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_average_inputs(epilogue_, type_ == PoolingType::kAVERAGE, inputs);
  TensorType type = inputs[0].type;
  // Of the integers, PyTorch averages only int64, and rounds toward zero.
  const bool averages_it =
      type_ == PoolingType::kMAX || type.dtype == DataType::kINT64 || begins_with_dequantize(epilogue_);
  if (!averages_it) expect_floating_point(type.dtype);
  expect_number(type.dtype);
  const Window window = this->window();
  check_window(window, /*smallest_padding=*/0);
  const int32_t spatial = window_size_.nbDims;
  if (type.dims.nbDims != spatial + 1 && type.dims.nbDims != spatial + 2) {
    TORCHTRT_THROW_ERROR("input " << to_string(type.dims) << " has " << type.dims.nbDims << " dimensions, must have "
                                  << spatial + 1 << " or " << spatial + 2 << " for the window "
                                  << to_string(window_size_));
  }
  if (divisor_ < 0) {
    TORCHTRT_THROW_ERROR("divisor is " << divisor_ << ", must be positive, or 0 for none");
  }
  const Dims output = window_output(window, type.dims);
  for (int32_t i = 0; i < spatial; ++i) {
    type.dims.d[type.dims.nbDims - spatial + i] = output.d[i];
  }
  check_padded_input(window, inputs[0].type.dims, type.dims);
  return {check_epilogue(epilogue_, inputs, type)};
}

std::optional<WindowEffect> IPoolingLayer::window_effect(int32_t axis) const {
  const int32_t i = axis - (getOutput(0)->getDimensions().nbDims - window_size_.nbDims);
  return i < 0 ? std::nullopt : effect_of(window(), i, /*is_inverse=*/false);
}

InputDim IPoolingLayer::kept_dim(int32_t /*output*/, int32_t axis) const {
  const bool is_beside = axis < getOutput(0)->getDimensions().nbDims - window_size_.nbDims;
  const auto effect = window_effect(axis);
  return is_beside || (effect && effect->keeps_size()) ? InputDim{0, axis} : InputDim{};
}

FormatRole IPoolingLayer::format_role() const {
  const bool has_batch = getInput(0)->getDimensions().nbDims == window_size_.nbDims + 2;
  return role_if(has_batch, FormatRole::kAnchor);
}

// A window of one element at every place: adaptive pooling to the size of its input.
bool IPoolingLayer::does_nothing() const {
  const bool explicit_padding =
      padding_mode_ == PaddingMode::kEXPLICIT_ROUND_DOWN || padding_mode_ == PaddingMode::kEXPLICIT_ROUND_UP;
  return explicit_padding && all_are(window_size_, 1) && all_are(full_stride(), 1) && all_are(pre_padding_, 0) &&
         all_are(post_padding_, 0) && divisor_ <= 1 && epilogue_.empty();
}

void IPoolingLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_enum("type", type_);
  visitor.visit("window", window_size_);
  visitor.visit("stride", stride_);
  visitor.visit("pre_padding", pre_padding_);
  visitor.visit("post_padding", post_padding_);
  visitor.visit("dilation", dilation_);
  visitor.visit_as_enum("padding_mode", padding_mode_);
  visitor.visit("average_excludes_padding", average_count_excludes_padding_);
  visitor.visit("divisor", divisor_);
  visitor.visit("blend_factor", blend_factor_);
  visitor.visit("epilogue", epilogue_);
}

}  // namespace torch_tensorrt::network
