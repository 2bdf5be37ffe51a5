#pragma once

#include <optional>

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Transpose, reshape, transpose; each optional. In the reshape dims, 0 copies the dimension of the same index (with
// setZeroIsPlaceholder(false) it is an empty dimension) and one -1 is inferred. Input 1, if given, has the reshape dims
// as a shape tensor.
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
  // False if neither setReshapeDimensions nor input 1 was given: the layer is a pure transpose.
  bool has_reshape() const { return has_reshape_ || getNbInputs() > 1; }
  bool has_first_transpose(int32_t rank) const { return !is_identity(first_transpose_, rank); }
  bool has_second_transpose(int32_t rank) const { return !is_identity(second_transpose_, rank); }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  std::optional<ShapeValue> infer_value(const std::vector<InferInput>& inputs,
                                        const std::vector<TensorType>& outputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  bool may_round() const override { return true; }

  int32_t optional_inputs() const override { return 1; }  // the reshape dims
  bool reads_dims(int32_t input) const override { return input == 1; }
  const ITensor* size_input() const override;
  InputDim kept_dim(int32_t output, int32_t axis) const override;
  std::optional<SizeFactors> dim_factors(int32_t axis) const override;
  ElementSource element_source(int64_t element) const override;
  bool does_nothing() const override;
  bool reads_in_place(TensorFormat format) const override;
  bool writes_in_place(TensorFormat format) const override;
  bool can_be_evaluated() const override { return true; }
  void evaluate(const std::vector<HostTensor>& inputs, const MutableTensor& output) const override;

 private:
  std::optional<SizeFactors> asked_size(int32_t axis) const;
  std::optional<SizeFactors> rest_of_reshape(int32_t axis) const;

  Permutation first_transpose_;
  Permutation second_transpose_;
  bool zero_is_placeholder_ = true;
  Dims reshape_;
  bool has_reshape_ = false;
};

// Both transposes of a shuffle without a reshape as a single one.
Permutation whole_transpose(const IShuffleLayer& layer);
// A layer that only reshapes.
bool is_plain_reshape(const IShuffleLayer& layer);
// A layer that only transposes.
bool is_plain_transpose(const IShuffleLayer& layer);
// The reshape of the layer without placeholders, so that it means the same behind any other reshape. Empty if it
// depends on the dims before it, or comes from a shape tensor.
std::optional<Dims> absolute_reshape(const IShuffleLayer& layer);

}  // namespace torch_tensorrt::network
