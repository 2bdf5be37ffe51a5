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
  void setAlpha(double value) {
    alpha_ = value;
    invalidate();
  }
  double getAlpha() const { return alpha_; }
  void setBeta(double value) {
    beta_ = value;
    invalidate();
  }
  double getBeta() const { return beta_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

 private:
  ActivationType type_;
  double alpha_ = 0;
  double beta_ = 0;
};

}  // namespace torch_tensorrt::network
