#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Dims of the input as a 1-D kINT64 tensor.
class IShapeLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kSHAPE;
  IShapeLayer() : ILayer(kType) {}
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  std::optional<ShapeValue> infer_value(const std::vector<InferInput>& inputs,
                                        const std::vector<TensorType>& outputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;
};

}  // namespace torch_tensorrt::network
