#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// (x * scale + shift) ^ power. Missing weights (count 0) mean 1, 0 and 1. kUNIFORM: one element each; kCHANNEL: one an
// index of the channel axis; kELEMENTWISE: one an element behind the batch dimension.
class IScaleLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kSCALE;
  IScaleLayer(ScaleMode mode, const Weights& shift, const Weights& scale, const Weights& power)
      : ILayer(kType), mode_(mode), shift_(shift), scale_(scale), power_(power) {}
  void setMode(ScaleMode value) {
    mode_ = value;
    invalidate();
  }
  ScaleMode getMode() const { return mode_; }
  void setShift(const Weights& value) {
    shift_ = value;
    invalidate();
  }
  const Weights& getShift() const { return shift_; }
  void setScale(const Weights& value) {
    scale_ = value;
    invalidate();
  }
  const Weights& getScale() const { return scale_; }
  void setPower(const Weights& value) {
    power_ = value;
    invalidate();
  }
  const Weights& getPower() const { return power_; }
  void setChannelAxis(int64_t value) {
    channel_axis_ = value;
    invalidate();
  }
  int64_t getChannelAxis() const { return channel_axis_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

 private:
  ScaleMode mode_;
  Weights shift_;
  Weights scale_;
  Weights power_;
  int64_t channel_axis_ = 1;
};

}  // namespace torch_tensorrt::network
