#pragma once

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

 private:
  Permutation first_transpose_;
  Permutation second_transpose_;
  bool zero_is_placeholder_ = true;
  Dims reshape_;
  bool has_reshape_ = false;
};

// Element i of a dimension is input element start + i * stride. Inputs 1, 2, 3, if given, are start, size and stride as
// shape tensors; input 4 is the fill value. A size of -1 runs to the end of the dimension (the output's dims say
// where). The mode decides about an index outside: kSTRICT_BOUNDS forbids it; kFILL, kCLAMP (nearest edge), kREFLECT
// (without repeating the edge) and kWRAP give an element, which is how padding is expressed.
class ISliceLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kSLICE;
  ISliceLayer(const Dims& start, const Dims& size, const Dims& stride)
      : ILayer(kType), start_(start), size_(size), stride_(stride) {}
  void setStart(const Dims& value) {
    start_ = value;
    invalidate();
  }
  const Dims& getStart() const { return start_; }
  void setSize(const Dims& value) {
    size_ = value;
    invalidate();
  }
  const Dims& getSize() const { return size_; }
  void setStride(const Dims& value) {
    stride_ = value;
    invalidate();
  }
  const Dims& getStride() const { return stride_; }
  void setMode(SampleMode value) {
    mode_ = value;
    invalidate();
  }
  SampleMode getMode() const { return mode_; }
  void setFillValue(double value) {
    fill_value_ = value;
    invalidate();
  }
  double getFillValue() const { return fill_value_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  std::optional<ShapeValue> infer_value(const std::vector<InferInput>& inputs,
                                        const std::vector<TensorType>& outputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

 private:
  Dims start_;
  Dims size_;
  Dims stride_;
  SampleMode mode_ = SampleMode::kSTRICT_BOUNDS;
  double fill_value_ = 0.0;
};

// Joins inputs of one dtype, whose other dims are equal, along an axis.
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
