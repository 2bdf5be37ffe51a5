#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

struct Window;

// Common base of convolution and deconvolution. Spatial attributes have one entry for each spatial dimension; an empty
// Dims means "all ones" for stride and dilation and "all zeros" for paddings.
class ConvolutionBase : public ILayer {
 public:
  void setNbOutputMaps(int64_t value);
  int64_t getNbOutputMaps() const { return output_maps_; }
  void setKernelSizeNd(const Dims& value);
  const Dims& getKernelSizeNd() const { return kernel_size_; }
  void setKernelSize(DimsHW value) { setKernelSizeNd(value); }
  void setNbGroups(int64_t value);
  int64_t getNbGroups() const { return groups_; }
  void setKernelWeights(const Weights& value);
  const Weights& getKernelWeights() const { return kernel_; }
  void setBiasWeights(const Weights& value);
  const Weights& getBiasWeights() const { return bias_; }
  void setStrideNd(const Dims& value);
  const Dims& getStrideNd() const { return stride_; }
  void setStride(DimsHW value) { setStrideNd(value); }
  void setDilationNd(const Dims& value);
  const Dims& getDilationNd() const { return dilation_; }
  void setDilation(DimsHW value) { setDilationNd(value); }
  // Sets pre- and post-padding.
  void setPaddingNd(const Dims& value);
  const Dims& getPaddingNd() const { return pre_padding_; }
  void setPadding(DimsHW value) { setPaddingNd(value); }
  void setPrePadding(const Dims& value);
  const Dims& getPrePadding() const { return pre_padding_; }
  void setPostPadding(const Dims& value);
  const Dims& getPostPadding() const { return post_padding_; }
  void setPaddingMode(PaddingMode value);
  PaddingMode getPaddingMode() const { return padding_mode_; }

  // Number of spatial dimensions.
  int32_t spatial_rank() const { return kernel_size_.nbDims; }
  // Attributes with defaults filled in, and (for kSAME_*) resolved against concrete spatial input dims.
  Dims full_stride() const;
  Dims full_dilation() const;
  void resolved_padding(const Dims& input, Dims* pre, Dims* post) const;

  Epilogue& mutable_epilogue() {
    invalidate();
    return epilogue_;
  }
  void visit_attributes(AttributeVisitor& visitor) override;

  int32_t optional_inputs() const override { return 2; }  // kernel and bias
  InputDim kept_dim(int32_t output, int32_t axis) const override;
  std::optional<WindowEffect> window_effect(int32_t axis) const override;
  FormatRole format_role() const override;
  bool may_round() const override { return true; }
  bool carries_format(int32_t input) const override { return input == 0 || input >= own_input_count(); }

 protected:
  ConvolutionBase(LayerType type, int64_t output_maps, const Dims& kernel_size, const Weights& kernel,
                  const Weights& bias);

  Window window() const;
  // Parts of the inference; `own` is the number of the layer's own inputs, without those of the epilogue.
  const Dims& check_input(const std::vector<InferInput>& inputs, size_t own) const;
  void check_groups(int64_t channels) const;
  void check_kernel(const std::vector<InferInput>& inputs, size_t own, const Dims& kernel_dims) const;

  int64_t output_maps_;
  Dims kernel_size_;
  int64_t groups_ = 1;
  Weights kernel_;
  Weights bias_;
  Dims stride_;
  Dims dilation_;
  Dims pre_padding_;
  Dims post_padding_;
  PaddingMode padding_mode_ = PaddingMode::kEXPLICIT_ROUND_DOWN;
};

// Cross-correlation over 1, 2 or 3 spatial dimensions, as in PyTorch.
// Input: N, C, spatial... Kernel: M, C / groups, kernel... (row-major). Bias: M, or none if its count is 0.
// As in nvinfer1, the kernel (and bias) may instead be inputs 1 (and 2); the weights' count is then 0.
class IConvolutionLayer final : public ConvolutionBase {
 public:
  static constexpr LayerType kType = LayerType::kCONVOLUTION;
  explicit IConvolutionLayer(int64_t output_maps = 0, const Dims& kernel_size = {}, const Weights& kernel = {},
                             const Weights& bias = {})
      : ConvolutionBase(kType, output_maps, kernel_size, kernel, bias) {}
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
};

// Transposed convolution and dilation as in PyTorch. Kernel: C, M / groups, kernel... As in nvinfer1, output padding is
// written as a post-padding smaller than the pre-padding; it may be negative.
class IDeconvolutionLayer final : public ConvolutionBase {
 public:
  static constexpr LayerType kType = LayerType::kDECONVOLUTION;
  explicit IDeconvolutionLayer(int64_t output_maps = 0, const Dims& kernel_size = {}, const Weights& kernel = {},
                               const Weights& bias = {})
      : ConvolutionBase(kType, output_maps, kernel_size, kernel, bias) {}
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
};

}  // namespace torch_tensorrt::network
