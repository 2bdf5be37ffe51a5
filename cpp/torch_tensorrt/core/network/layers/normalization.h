#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// (x - mean) / sqrt(var + epsilon) * scale + bias over the axes of the mask, biased variance, in fp32 inside.
// Inputs: x, then scale and bias, broadcastable to x (either may be missing: see has_scale, has_bias).
// groups > 1: group norm; the channel axis (1) is split in groups and normalized with the axes behind it.
// rms: x / sqrt(mean(x^2) + epsilon), without subtracting the mean.
class INormalizationLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kNORMALIZATION;
  explicit INormalizationLayer(uint32_t axes = 0) : ILayer(kType), axes_(axes) {}
  void setAxes(uint32_t value) {
    axes_ = value;
    invalidate();
  }
  uint32_t getAxes() const { return axes_; }
  void setEpsilon(double value) {
    epsilon_ = value;
    invalidate();
  }
  double getEpsilon() const { return epsilon_; }
  void setNbGroups(int64_t value) {
    groups_ = value;
    invalidate();
  }
  int64_t getNbGroups() const { return groups_; }
  void setRms(bool value) {
    rms_ = value;
    invalidate();
  }
  bool getRms() const { return rms_; }
  void setHasScale(bool value) {
    has_scale_ = value;
    invalidate();
  }
  bool getHasScale() const { return has_scale_; }
  void setHasBias(bool value) {
    has_bias_ = value;
    invalidate();
  }
  bool getHasBias() const { return has_bias_; }
  void setComputePrecision(DataType value) {
    compute_precision_ = value;
    invalidate();
  }
  DataType getComputePrecision() const { return compute_precision_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  InputDim kept_dim(int32_t /*output*/, int32_t axis) const override { return {0, axis}; }
  FormatRole format_role() const override { return FormatRole::kAgnostic; }
  bool may_round() const override { return true; }

 private:
  uint32_t axes_;
  double epsilon_ = 1e-5;
  int64_t groups_ = 1;
  bool rms_ = false;
  bool has_scale_ = true;
  bool has_bias_ = true;
  DataType compute_precision_ = DataType::kFLOAT;
};

}  // namespace torch_tensorrt::network
