#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Element i of a dimension is input element start + i * stride. Inputs 1, 2, 3, if given, are start, size and stride as
// shape tensors; input 4 is the fill value. A size of -1 runs to the end of the dimension (the output's dims say
// where). The mode decides about an index outside: kSTRICT_BOUNDS forbids it; kFILL, kCLAMP (nearest edge), kREFLECT
// (without repeating the edge) and kWRAP give an element, which is how padding is expressed.
class ISliceLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kSLICE;
  explicit ISliceLayer(const Dims& start = {}, const Dims& size = {}, const Dims& stride = {})
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

  int32_t optional_inputs() const override { return 4; }  // start, size, stride and fill value
  bool reads_dims(int32_t input) const override { return input >= 1 && input <= 3; }
  const ITensor* size_input() const override { return getInput(2); }
  InputDim kept_dim(int32_t output, int32_t axis) const override;
  ElementSource element_source(int64_t element) const override;
  bool does_nothing() const override;
  FormatRole format_role() const override { return FormatRole::kAgnostic; }
  bool may_round() const override { return true; }
  bool can_be_evaluated() const override { return true; }
  void evaluate(const std::vector<HostTensor>& inputs, const MutableTensor& output) const override;

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

  InputDim kept_dim(int32_t output, int32_t axis) const override;
  ElementSource element_source(int64_t element) const override;
  bool does_nothing() const override { return getNbInputs() == 1; }
  FormatRole format_role() const override { return FormatRole::kAgnostic; }
  bool may_round() const override { return true; }
  bool carries_format(int32_t /*input*/) const override { return true; }
  bool can_be_evaluated() const override { return true; }
  void evaluate(const std::vector<HostTensor>& inputs, const MutableTensor& output) const override;

 private:
  int32_t axis_ = 0;
};

}  // namespace torch_tensorrt::network
