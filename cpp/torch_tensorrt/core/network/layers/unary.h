#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Element-wise function. kNOT takes kBOOL; kISINF and kISNAN give kBOOL.
class IUnaryLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kUNARY;
  explicit IUnaryLayer(UnaryOperation operation) : ILayer(kType), operation_(operation) {}
  void setOperation(UnaryOperation value) {
    operation_ = value;
    invalidate();
  }
  UnaryOperation getOperation() const { return operation_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  std::optional<ShapeValue> infer_value(const std::vector<InferInput>& inputs,
                                        const std::vector<TensorType>& outputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

 private:
  UnaryOperation operation_;
};

}  // namespace torch_tensorrt::network
