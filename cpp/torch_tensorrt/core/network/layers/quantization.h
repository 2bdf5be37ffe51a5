#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Common base of quantization and dequantization. Input 0: the tensor. Input 1: the scale, f32, positive: one number of
// any rank, or (with an axis) one for each index of that dimension. Both layers have one zero point.
class QuantizationBase : public ILayer {
 public:
  // -1: one scale for all elements.
  void setAxis(int32_t value) {
    axis_ = value;
    invalidate();
  }
  int32_t getAxis() const { return axis_; }
  void setZeroPoint(int64_t value) {
    zero_ = value;
    invalidate();
  }
  int64_t getZeroPoint() const { return zero_; }
  DataType getToType() const { return to_type_; }
  void visit_attributes(AttributeVisitor& visitor) override;

  InputDim kept_dim(int32_t /*output*/, int32_t axis) const override { return {0, axis}; }
  FormatRole format_role() const override { return FormatRole::kAgnostic; }
  bool can_be_evaluated() const override { return true; }

 protected:
  QuantizationBase(LayerType type, DataType to_type) : ILayer(type), to_type_(to_type) {}
  void check(const std::vector<InferInput>& inputs) const;

  DataType to_type_;
  int32_t axis_ = -1;
  int64_t zero_ = 0;
};

// q = clamp(round(x * (1 / scale)) + zero point, low, high), ties to even, as PyTorch's fake_quantize and
// quantize_per_tensor do; NaN gives an end of the range. The result is kINT8 or kUINT8, the range may be a part of it.
class IQuantizeLayer final : public QuantizationBase {
 public:
  static constexpr LayerType kType = LayerType::kQUANTIZE;
  explicit IQuantizeLayer(DataType to_type = DataType::kINT8)
      : QuantizationBase(kType, to_type), low_(lowest(to_type)), high_(highest(to_type)) {}
  static int64_t lowest(DataType type) { return type == DataType::kUINT8 ? 0 : -128; }
  static int64_t highest(DataType type) { return type == DataType::kUINT8 ? 255 : 127; }
  // Must lie in the range of the dtype.
  void setRange(int64_t low, int64_t high) {
    low_ = low;
    high_ = high;
    invalidate();
  }
  int64_t low() const { return low_; }
  int64_t high() const { return high_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;
  void evaluate(const std::vector<HostTensor>& inputs, const MutableTensor& output) const override;

 private:
  int64_t low_;
  int64_t high_;
};

// x = (q - zero point) * scale, in f32, rounded to the output's dtype (a floating-point dtype). With an epilogue: a sum
// or another function of integers, in one pass over them; x is f32 then.
class IDequantizeLayer final : public QuantizationBase {
 public:
  static constexpr LayerType kType = LayerType::kDEQUANTIZE;
  explicit IDequantizeLayer(DataType to_type = DataType::kFLOAT) : QuantizationBase(kType, to_type) {}
  Epilogue& mutable_epilogue() {
    invalidate();
    return epilogue_;
  }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;
  void evaluate(const std::vector<HostTensor>& inputs, const MutableTensor& output) const override;
};

// The rounding of one element by IQuantizeLayer.
int64_t quantize(float x, float scale, int64_t zero, int64_t low, int64_t high);

}  // namespace torch_tensorrt::network
