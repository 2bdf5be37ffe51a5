#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Element i of a dimension is input element start + i * stride. Inputs 1, 2, 3, when given, are start, size and stride
// as shape tensors; input 4 the fill value. A size of -1 runs to the end of the dimension (the output's dims say
// where). kSTRICT_BOUNDS: everything must lie inside. kFILL, kCLAMP (nearest edge), kREFLECT (without repeating the
// edge) and kWRAP say what an index outside gives: this is how padding is written.
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

}  // namespace torch_tensorrt::network
