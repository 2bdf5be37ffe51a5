#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Places of the elements that are not 0 (of floats NaN is not): a kINT32 matrix [rank of the input, number of them]
// with a column for each place, in row-major order. How many there are only the run knows: that size is -1 even where
// the dims of the input are known.
class INonZeroLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kNON_ZERO;
  INonZeroLayer() : ILayer(kType) {}
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;
};

}  // namespace torch_tensorrt::network
