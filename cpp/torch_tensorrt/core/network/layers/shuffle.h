#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Transpose, reshape, transpose; each optional. In the reshape dims 0 copies the dimension of that place (unless
// setZeroIsPlaceholder(false), then it is an empty dimension) and one -1 is inferred. Input 1, when given, is the
// reshape dims as a shape tensor.
class IShuffleLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kSHUFFLE;
  IShuffleLayer() : ILayer(kType) {}
  void setFirstTranspose(const Permutation& value) {
    first_transpose_ = value;
    invalidate();
  }
  const Permutation& getFirstTranspose() const { return first_transpose_; }
  void setSecondTranspose(const Permutation& value) {
    second_transpose_ = value;
    invalidate();
  }
  const Permutation& getSecondTranspose() const { return second_transpose_; }
  void setZeroIsPlaceholder(bool value) {
    zero_is_placeholder_ = value;
    invalidate();
  }
  bool getZeroIsPlaceholder() const { return zero_is_placeholder_; }
  void setReshapeDimensions(const Dims& dims);
  const Dims& getReshapeDimensions() const { return reshape_; }
  // False when neither setReshapeDimensions nor input 1 was given: the layer is a pure transpose.
  bool has_reshape() const { return has_reshape_ || getNbInputs() > 1; }
  bool has_first_transpose(int32_t rank) const { return !is_identity(first_transpose_, rank); }
  bool has_second_transpose(int32_t rank) const { return !is_identity(second_transpose_, rank); }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  std::optional<ShapeValue> infer_value(const std::vector<InferInput>& inputs,
                                        const std::vector<TensorType>& outputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

 private:
  Permutation first_transpose_;
  Permutation second_transpose_;
  bool zero_is_placeholder_ = true;
  Dims reshape_;
  bool has_reshape_ = false;
};

}  // namespace torch_tensorrt::network
