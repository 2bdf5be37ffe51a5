#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

struct Window;

// Pooling over the last getWindowSizeNd().nbDims dimensions. Input: N, C, spatial... (or C, spatial...). Empty Dims:
// the stride is the window, padding 0, dilation 1. Average divides by the number of window elements inside the padded
// input, or inside the input if padding is excluded, or by the divisor if that is not 0 (PyTorch's rules). An average
// of 8-bit integers has an epilogue that begins with kDequantize.
class IPoolingLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kPOOLING;
  explicit IPoolingLayer(PoolingType type = PoolingType::kMAX, const Dims& window_size = {})
      : ILayer(kType), type_(type), window_size_(window_size) {}
  void setPoolingType(PoolingType value) {
    type_ = value;
    invalidate();
  }
  PoolingType getPoolingType() const { return type_; }
  void setWindowSizeNd(const Dims& value) {
    window_size_ = value;
    invalidate();
  }
  const Dims& getWindowSizeNd() const { return window_size_; }
  void setStrideNd(const Dims& value) {
    stride_ = value;
    invalidate();
  }
  const Dims& getStrideNd() const { return stride_; }
  void setPrePadding(const Dims& value) {
    pre_padding_ = value;
    invalidate();
  }
  const Dims& getPrePadding() const { return pre_padding_; }
  void setPostPadding(const Dims& value) {
    post_padding_ = value;
    invalidate();
  }
  const Dims& getPostPadding() const { return post_padding_; }
  void setDilationNd(const Dims& value) {
    dilation_ = value;
    invalidate();
  }
  const Dims& getDilationNd() const { return dilation_; }
  void setPaddingMode(PaddingMode value) {
    padding_mode_ = value;
    invalidate();
  }
  PaddingMode getPaddingMode() const { return padding_mode_; }
  void setAverageCountExcludesPadding(bool value) {
    average_count_excludes_padding_ = value;
    invalidate();
  }
  bool getAverageCountExcludesPadding() const { return average_count_excludes_padding_; }
  void setDivisor(int64_t value) {
    divisor_ = value;
    invalidate();
  }
  int64_t getDivisor() const { return divisor_; }
  void setBlendFactor(double value) {
    blend_factor_ = value;
    invalidate();
  }
  double getBlendFactor() const { return blend_factor_; }
  Epilogue& mutable_epilogue() {
    invalidate();
    return epilogue_;
  }
  void setPaddingNd(const Dims& value) {
    setPrePadding(value);
    setPostPadding(value);
  }
  const Dims& getPaddingNd() const { return pre_padding_; }
  void setStride(DimsHW value) { setStrideNd(value); }
  void setPadding(DimsHW value) { setPaddingNd(value); }

  // Attributes with defaults filled in, and (for kSAME_*) resolved against concrete input dims.
  Dims full_stride() const;
  Dims full_dilation() const;
  void resolved_padding(const Dims& input, Dims* pre, Dims* post) const;
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  InputDim kept_dim(int32_t output, int32_t axis) const override;
  std::optional<WindowEffect> window_effect(int32_t axis) const override;
  bool does_nothing() const override;
  FormatRole format_role() const override;
  bool may_round() const override { return true; }

 private:
  Window window() const;

  PoolingType type_;
  Dims window_size_;
  Dims stride_;
  Dims pre_padding_;
  Dims post_padding_;
  Dims dilation_;
  PaddingMode padding_mode_ = PaddingMode::kEXPLICIT_ROUND_DOWN;
  bool average_count_excludes_padding_ = true;
  int64_t divisor_ = 0;
  double blend_factor_ = 0;
};

}  // namespace torch_tensorrt::network
