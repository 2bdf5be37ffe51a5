#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// The same values in the format of the output tensor. Only the layout pass makes these; the reason is why it had to.
class IReformatLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kREFORMAT;
  explicit IReformatLayer(std::string reason) : ILayer(kType), reason_(std::move(reason)) {}
  void set_reason(const std::string& value) {
    reason_ = value;
    invalidate();
  }
  const std::string& reason() const { return reason_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

 private:
  std::string reason_;
};

}  // namespace torch_tensorrt::network
