#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Interpolates to getOutputDimensions(), to input 1 (a shape tensor), or to floor(dims * scales). Any rank; dimensions
// whose size does not change are left alone, and -1 in getOutputDimensions() is the input's own size. If input 1 or the
// output dims decide the size, scales given beside them are only the factors in the coordinate formulas (as PyTorch's
// scale_factor with recompute_scale_factor=False).
class IResizeLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kRESIZE;
  IResizeLayer() : ILayer(kType) {}
  void setOutputDimensions(const Dims& value) {
    output_dimensions_ = value;
    invalidate();
  }
  const Dims& getOutputDimensions() const { return output_dimensions_; }
  void setResizeMode(InterpolationMode value) {
    mode_ = value;
    invalidate();
  }
  InterpolationMode getResizeMode() const { return mode_; }
  void setCoordinateTransformation(ResizeCoordinateTransformation value) {
    transformation_ = value;
    invalidate();
  }
  ResizeCoordinateTransformation getCoordinateTransformation() const { return transformation_; }
  void setSelectorForSinglePixel(ResizeSelector value) {
    selector_ = value;
    invalidate();
  }
  ResizeSelector getSelectorForSinglePixel() const { return selector_; }
  void setNearestRounding(ResizeRoundMode value) {
    nearest_rounding_ = value;
    invalidate();
  }
  ResizeRoundMode getNearestRounding() const { return nearest_rounding_; }
  void setCubicCoeff(double value) {
    cubic_coeff_ = value;
    invalidate();
  }
  double getCubicCoeff() const { return cubic_coeff_; }
  void setExcludeOutside(bool value) {
    exclude_outside_ = value;
    invalidate();
  }
  bool getExcludeOutside() const { return exclude_outside_; }
  void setAntialias(bool value) {
    antialias_ = value;
    invalidate();
  }
  bool getAntialias() const { return antialias_; }
  // Float scales compute the sizes in float, as nvinfer1 does: 10 * 0.7F gives 7.
  void setScales(const float* scales, int32_t count);
  void setScales(std::vector<double> scales);
  const std::vector<double>& scales() const { return scales_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  int32_t optional_inputs() const override { return 1; }  // the output dims
  bool reads_dims(int32_t input) const override { return input == 1; }
  const ITensor* size_input() const override { return getInput(1); }
  bool does_nothing() const override;
  FormatRole format_role() const override { return FormatRole::kAnchor; }
  bool may_round() const override { return true; }

 private:
  Dims output_dimensions_;
  InterpolationMode mode_ = InterpolationMode::kNEAREST;
  ResizeCoordinateTransformation transformation_ = ResizeCoordinateTransformation::kASYMMETRIC;
  ResizeSelector selector_ = ResizeSelector::kFORMULA;
  ResizeRoundMode nearest_rounding_ = ResizeRoundMode::kFLOOR;
  double cubic_coeff_ = -0.75;
  bool exclude_outside_ = false;
  bool antialias_ = false;
  std::vector<double> scales_;
};

// Input 0: N x C x (D x) H x W. Input 1: the grid, N x (d x) h x w x 2 (or 3), positions in [-1, 1] with x first. The
// output is N x C x (d x) h x w: the input sampled at those positions. kFILL (zeros), kCLAMP (the edge) and kREFLECT
// decide about positions outside.
class IGridSampleLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kGRID_SAMPLE;
  IGridSampleLayer() : ILayer(kType) {}
  void setInterpolationMode(InterpolationMode value) {
    interpolation_ = value;
    invalidate();
  }
  InterpolationMode getInterpolationMode() const { return interpolation_; }
  void setAlignCorners(bool value) {
    align_corners_ = value;
    invalidate();
  }
  bool getAlignCorners() const { return align_corners_; }
  void setSampleMode(SampleMode value) {
    sample_mode_ = value;
    invalidate();
  }
  SampleMode getSampleMode() const { return sample_mode_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

 private:
  InterpolationMode interpolation_ = InterpolationMode::kLINEAR;
  bool align_corners_ = false;
  SampleMode sample_mode_ = SampleMode::kFILL;
};

}  // namespace torch_tensorrt::network
