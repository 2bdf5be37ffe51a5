#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Element-wise activation; formulas, and what alpha and beta mean, are at ActivationType. Floats (kRELU and kCLIP also
// integers).
class IActivationLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kACTIVATION;
  explicit IActivationLayer(ActivationType type) : ILayer(kType), type_(type) {}
  void setActivationType(ActivationType value) {
    type_ = value;
    invalidate();
  }
  ActivationType getActivationType() const { return type_; }
  void setAlpha(float value) {
    alpha_ = value;
    invalidate();
  }
  float getAlpha() const { return alpha_; }
  void setBeta(float value) {
    beta_ = value;
    invalidate();
  }
  float getBeta() const { return beta_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

 private:
  ActivationType type_;
  float alpha_ = 0.F;
  float beta_ = 0.F;
};

}  // namespace torch_tensorrt::network
