#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Joins its inputs (one dtype, equal dims elsewhere) along an axis.
class IConcatenationLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kCONCATENATION;
  IConcatenationLayer() : ILayer(kType) {}
  void setAxis(int32_t value) {
    axis_ = value;
    invalidate();
  }
  int32_t getAxis() const { return axis_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  std::optional<ShapeValue> infer_value(const std::vector<InferInput>& inputs,
                                        const std::vector<TensorType>& outputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

 private:
  int32_t axis_ = 0;
};

}  // namespace torch_tensorrt::network
