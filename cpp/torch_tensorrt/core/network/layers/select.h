#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// condition (kBOOL) ? input 1 : input 2, broadcast as in PyTorch.
class ISelectLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kSELECT;
  ISelectLayer() : ILayer(kType) {}
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  std::optional<ShapeValue> infer_value(const std::vector<InferInput>& inputs,
                                        const std::vector<TensorType>& outputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;
};

}  // namespace torch_tensorrt::network
