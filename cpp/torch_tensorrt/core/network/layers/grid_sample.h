#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Input 0: N x C x (D x) H x W, input 1: the grid, N x (d x) h x w x 2 (or 3), places in [-1, 1] with x first. The
// output is N x C x (d x) h x w: the input at those places. kFILL (zeros), kCLAMP (the edge) and kREFLECT say what lies
// outside.
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
