#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Running sum, product, maximum or minimum along an axis.
class ICumulativeLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kCUMULATIVE;
  ICumulativeLayer(CumulativeOperation operation, int32_t axis) : ILayer(kType), operation_(operation), axis_(axis) {}
  void setOperation(CumulativeOperation value) {
    operation_ = value;
    invalidate();
  }
  CumulativeOperation getOperation() const { return operation_; }
  void setAxis(int32_t value) {
    axis_ = value;
    invalidate();
  }
  int32_t getAxis() const { return axis_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

 private:
  CumulativeOperation operation_;
  int32_t axis_;
};

}  // namespace torch_tensorrt::network
