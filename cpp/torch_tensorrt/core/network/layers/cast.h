#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Converts the dtype as PyTorch does: floats truncate toward zero into integers, anything but 0 is true.
class ICastLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kCAST;
  explicit ICastLayer(DataType to_type) : ILayer(kType), to_type_(to_type) {}
  void setToType(DataType value) {
    to_type_ = value;
    invalidate();
  }
  DataType getToType() const { return to_type_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  std::optional<ShapeValue> infer_value(const std::vector<InferInput>& inputs,
                                        const std::vector<TensorType>& outputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

 private:
  DataType to_type_;
};

}  // namespace torch_tensorrt::network
