#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// A network input. Its tensor's type is what the network was given; min/opt/max of dynamic dims are in the network's
// profiles.
class IInputLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kINPUT;
  explicit IInputLayer(TensorType type) : ILayer(kType), type_(type) {}
  const TensorType& type() const { return type_; }
  void set_type(const TensorType& type) {
    type_ = type;
    invalidate();
  }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

 private:
  TensorType type_;
};

}  // namespace torch_tensorrt::network
