#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Two inputs of one dtype, broadcast as in PyTorch (missing leading dimensions count as 1). Comparisons give kBOOL;
// kAND, kOR and kXOR take kBOOL.
class IElementWiseLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kELEMENTWISE;
  explicit IElementWiseLayer(ElementWiseOperation operation) : ILayer(kType), operation_(operation) {}
  void setOperation(ElementWiseOperation value) {
    operation_ = value;
    invalidate();
  }
  ElementWiseOperation getOperation() const { return operation_; }
  Epilogue& mutable_epilogue() {
    invalidate();
    return epilogue_;
  }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  std::optional<ShapeValue> infer_value(const std::vector<InferInput>& inputs,
                                        const std::vector<TensorType>& outputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

 private:
  ElementWiseOperation operation_;
};

}  // namespace torch_tensorrt::network
