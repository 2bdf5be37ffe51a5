#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Output: the weights, row-major. The element count must be the volume of the dimensions.
class IConstantLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kCONSTANT;
  IConstantLayer(const Dims& dimensions, const Weights& weights)
      : ILayer(kType), dimensions_(dimensions), weights_(weights) {}
  void setWeights(const Weights& value) {
    weights_ = value;
    invalidate();
  }
  const Weights& getWeights() const { return weights_; }
  void setDimensions(const Dims& value) {
    dimensions_ = value;
    invalidate();
  }
  const Dims& getDimensions() const { return dimensions_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  std::optional<ShapeValue> infer_value(const std::vector<InferInput>& inputs,
                                        const std::vector<TensorType>& outputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

 private:
  Dims dimensions_;
  Weights weights_;
};

}  // namespace torch_tensorrt::network
