#include "torch_tensorrt/core/network/layers/convolution.h"

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/network/layers/spatial.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {

ConvolutionBase::ConvolutionBase(LayerType type, int64_t output_maps, const Dims& kernel_size, const Weights& kernel,
                                 const Weights& bias)
    : ILayer(type), output_maps_(output_maps), kernel_size_(kernel_size), kernel_(kernel), bias_(bias) {}

void ConvolutionBase::setNbOutputMaps(int64_t value) {
  output_maps_ = value;
  invalidate();
}

void ConvolutionBase::setKernelSizeNd(const Dims& value) {
  kernel_size_ = value;
  invalidate();
}

void ConvolutionBase::setNbGroups(int64_t value) {
  groups_ = value;
  invalidate();
}

void ConvolutionBase::setKernelWeights(const Weights& value) {
  kernel_ = value;
  invalidate();
}

void ConvolutionBase::setBiasWeights(const Weights& value) {
  bias_ = value;
  invalidate();
}

void ConvolutionBase::setStrideNd(const Dims& value) {
  stride_ = value;
  invalidate();
}

void ConvolutionBase::setDilationNd(const Dims& value) {
  dilation_ = value;
  invalidate();
}

void ConvolutionBase::setPaddingNd(const Dims& value) {
  setPrePadding(value);
  setPostPadding(value);
}

void ConvolutionBase::setPrePadding(const Dims& value) {
  pre_padding_ = value;
  invalidate();
}

void ConvolutionBase::setPostPadding(const Dims& value) {
  post_padding_ = value;
  invalidate();
}

void ConvolutionBase::setPaddingMode(PaddingMode value) {
  padding_mode_ = value;
  invalidate();
}

Dims ConvolutionBase::full_stride() const { return filled(stride_, spatial_rank(), 1); }
Dims ConvolutionBase::full_dilation() const { return filled(dilation_, spatial_rank(), 1); }

Window ConvolutionBase::window() const {
  return {kernel_size_,
          full_stride(),
          full_dilation(),
          filled(pre_padding_, spatial_rank(), 0),
          filled(post_padding_, spatial_rank(), 0),
          padding_mode_};
}

void ConvolutionBase::resolved_padding(const Dims& input, Dims* pre, Dims* post) const {
  if (getType() == LayerType::kDECONVOLUTION) {
    resolve_transposed_padding(window(), pre, post);
  } else {
    resolve_padding(window(), input, pre, post);
  }
}

InputDim ConvolutionBase::kept_dim(int32_t /*output*/, int32_t axis) const {
  const auto effect = window_effect(axis);
  return axis == 0 || (effect && effect->keeps_size()) ? InputDim{0, axis} : InputDim{};
}

std::optional<WindowEffect> ConvolutionBase::window_effect(int32_t axis) const {
  return axis < 2 ? std::nullopt : effect_of(window(), axis - 2, getType() == LayerType::kDECONVOLUTION);
}

FormatRole ConvolutionBase::format_role() const { return role_if(operands_line_up(*this), FormatRole::kAnchor); }

void ConvolutionBase::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit("maps", output_maps_);
  visitor.visit("kernel_size", kernel_size_);
  visitor.visit("groups", groups_);
  visitor.visit("stride", stride_);
  visitor.visit("dilation", dilation_);
  visitor.visit("pre_padding", pre_padding_);
  visitor.visit("post_padding", post_padding_);
  visitor.visit_as_enum("padding_mode", padding_mode_);
  visitor.visit("kernel", kernel_);
  visitor.visit("bias", bias_);
  visitor.visit("epilogue", epilogue_);
}

namespace {

void check_weight_type(const char* what, DataType type, DataType input, bool is_quantized) {
  if (is_quantized && what[0] == 'b') TORCHTRT_THROW_ERROR("has a bias, which quantized layers add in the epilogue");
  if (is_quantized && is_byte(input) && type == DataType::kINT8) return;
  // Accumulation in fp32 may use a bias of higher precision than the input.
  const bool wider_bias = type == DataType::kFLOAT && what[0] == 'b' && is_floating_point(input);
  if (type != input && !wider_bias) {
    TORCHTRT_THROW_ERROR("the " << what << " is " << enum_name(type) << " and the input " << enum_name(input)
                                << ", must be of one type");
  }
}

}  // namespace

void ConvolutionBase::check_groups(int64_t channels) const {
  if (output_maps_ <= 0 || groups_ <= 0) {
    TORCHTRT_THROW_ERROR("has " << output_maps_ << " output maps and " << groups_ << " groups, both must be positive");
  }
  if (output_maps_ % groups_ != 0 || (channels != -1 && channels % groups_ != 0)) {
    TORCHTRT_THROW_ERROR("has " << channels << " input channels and " << output_maps_ << " output maps, both must be "
                                << "multiples of the " << groups_ << " groups");
  }
}

void ConvolutionBase::check_kernel(const std::vector<InferInput>& inputs, size_t own, const Dims& kernel_dims) const {
  const DataType type = inputs[0].type.dtype;
  const bool is_quantized = begins_with_dequantize(epilogue_);
  const bool kernel_is_input = own > 1 && inputs[1].present;
  if (kernel_is_input == (kernel_.count != 0)) {
    TORCHTRT_THROW_ERROR("the kernel has " << kernel_.count << " weights and is " << (kernel_is_input ? "" : "not ")
                                           << "given as input 1; give it either as weights or as input 1");
  }
  if (kernel_is_input) {
    check_weight_type("kernel", inputs[1].type.dtype, type, is_quantized);
    check_weight_input("kernel", inputs[1], kernel_dims);
  } else {
    check_weight_type("kernel", kernel_.type, type, is_quantized);
    check_weight_count("kernel", kernel_.count, kernel_dims.volume(), to_string(kernel_dims));
  }
  const bool bias_is_input = own > 2 && inputs[2].present;
  if (bias_is_input && bias_.count != 0) {
    TORCHTRT_THROW_ERROR("the bias has " << bias_.count << " weights and is also given as input 2");
  }
  if (bias_is_input) {
    check_weight_type("bias", inputs[2].type.dtype, type, is_quantized);
    check_weight_input("bias", inputs[2], Dims{output_maps_});
  } else if (bias_.count != 0) {
    check_weight_type("bias", bias_.type, type, is_quantized);
    check_weight_count("bias", bias_.count, output_maps_, "one per output map");
  }
}

const Dims& ConvolutionBase::check_input(const std::vector<InferInput>& inputs, size_t own) const {
  if (own > 3) {
    TORCHTRT_THROW_ERROR("has " << own << " inputs beside those of the epilogue, must have 1 to 3");
  }
  expect_inputs(inputs, 1, inputs.size());
  expect_number(inputs[0].type.dtype);
  const Dims& dims = inputs[0].type.dims;
  if (dims.nbDims != spatial_rank() + 2) {
    TORCHTRT_THROW_ERROR("input " << to_string(dims) << " has " << dims.nbDims << " dimensions, must have "
                                  << spatial_rank() + 2 << " for the kernel " << to_string(kernel_size_));
  }
  check_groups(dims.d[1]);
  return dims;
}

namespace {

Dims kernel_dims_of(int64_t first, int64_t second, const Dims& kernel_size) {
  std::vector<int64_t> dims{first, second};
  dims.insert(dims.end(), kernel_size.d, kernel_size.d + kernel_size.nbDims);
  return Dims(dims);
}

TensorType output_type(const TensorType& input, int64_t maps, const Dims& spatial) {
  TensorType type = input;
  type.dims.d[1] = maps;
  for (int32_t i = 0; i < spatial.nbDims; ++i) {
    type.dims.d[2 + i] = spatial.d[i];
  }
  return type;
}

}  // namespace

std::vector<TensorType> IConvolutionLayer::infer(const std::vector<InferInput>& inputs) const {
  const size_t own = own_inputs(epilogue_, inputs.size());
  const Window window = this->window();
  check_window(window, /*smallest_padding=*/0);
  const Dims& input = check_input(inputs, own);
  const int64_t channels = input.d[1];
  check_kernel(inputs, own, kernel_dims_of(output_maps_, channels == -1 ? -1 : channels / groups_, kernel_size_));
  const TensorType type = output_type(inputs[0].type, output_maps_, window_output(window, input));
  check_padded_input(window, input, type.dims);
  return {check_epilogue(epilogue_, inputs, type)};
}

std::vector<TensorType> IDeconvolutionLayer::infer(const std::vector<InferInput>& inputs) const {
  const size_t own = own_inputs(epilogue_, inputs.size());
  const Window window = this->window();
  check_window(window, /*smallest_padding=*/INT32_MIN);
  const Dims& input = check_input(inputs, own);
  check_kernel(inputs, own, kernel_dims_of(input.d[1], output_maps_ / groups_, kernel_size_));
  const TensorType type = output_type(inputs[0].type, output_maps_, transposed_output(window, input));
  check_uncut_output(window, input, type.dims);
  return {check_epilogue(epilogue_, inputs, type)};
}

}  // namespace torch_tensorrt::network
