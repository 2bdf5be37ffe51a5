#pragma once

#include <optional>

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// softmax(scale * Q K^T + mask) V. Inputs: queries B x H x L x E, keys B x h x S x E, values B x h x S x F (a batch of
// 1 serves every batch of the others), and optionally a mask that broadcasts to B x H x L x S: bool (true: takes part)
// or of the queries' dtype (added to the scores). H is a multiple of h; each head of the keys serves H / h heads of the
// queries. Causal: query i sees only keys 0 to i. A query that sees no key gives zeros with a bool mask, as in PyTorch.
// The default scale is 1 / sqrt(E).
class IAttentionLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kATTENTION;
  IAttentionLayer() : ILayer(kType) {}
  // The mask is input 3.
  void setMask(ITensor& mask) { setInput(3, mask); }
  ITensor* getMask() const { return getInput(3); }
  void setCausal(bool value) {
    causal_ = value;
    invalidate();
  }
  bool getCausal() const { return causal_; }
  void setScale(double value) {
    scale_ = value;
    invalidate();
  }
  std::optional<double> getScale() const { return scale_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  bool may_round() const override { return true; }

  InputDim kept_dim(int32_t output, int32_t axis) const override;

 private:
  bool causal_ = false;
  std::optional<double> scale_;
};

}  // namespace torch_tensorrt::network
