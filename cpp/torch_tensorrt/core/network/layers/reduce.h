#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Reduces the axes whose bits are set. kAVG of integers is an error; sums of half precision accumulate in fp32.
// An empty axis set reduces nothing.
class IReduceLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kREDUCE;
  IReduceLayer(ReduceOperation operation, uint32_t axes, bool keep_dimensions)
      : ILayer(kType), operation_(operation), axes_(axes), keep_dimensions_(keep_dimensions) {}
  void setOperation(ReduceOperation value) {
    operation_ = value;
    invalidate();
  }
  ReduceOperation getOperation() const { return operation_; }
  void setReduceAxes(uint32_t value) {
    axes_ = value;
    invalidate();
  }
  uint32_t getReduceAxes() const { return axes_; }
  void setKeepDimensions(bool value) {
    keep_dimensions_ = value;
    invalidate();
  }
  bool getKeepDimensions() const { return keep_dimensions_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  std::optional<ShapeValue> infer_value(const std::vector<InferInput>& inputs,
                                        const std::vector<TensorType>& outputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

 private:
  ReduceOperation operation_;
  uint32_t axes_;
  bool keep_dimensions_;
};

}  // namespace torch_tensorrt::network
