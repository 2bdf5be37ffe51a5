#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Element-wise activation. ActivationType states the formulas, with the meaning of alpha and beta. Floats; kRELU and
// kCLIP also integers.
class IActivationLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kACTIVATION;
  explicit IActivationLayer(ActivationType type = ActivationType::kRELU) : ILayer(kType), type_(type) {}
  void setActivationType(ActivationType value) {
    type_ = value;
    invalidate();
  }
  ActivationType getActivationType() const { return type_; }
  void setAlpha(double value) {
    alpha_ = value;
    invalidate();
  }
  double getAlpha() const { return alpha_; }
  void setBeta(double value) {
    beta_ = value;
    invalidate();
  }
  double getBeta() const { return beta_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  InputDim kept_dim(int32_t /*output*/, int32_t axis) const override { return {0, axis}; }
  FormatRole format_role() const override { return FormatRole::kAgnostic; }
  bool may_round() const override { return true; }
  bool can_be_evaluated() const override { return true; }
  void evaluate(const std::vector<HostTensor>& inputs, const MutableTensor& output) const override;

 private:
  ActivationType type_;
  double alpha_ = 0;
  double beta_ = 0;
};

// Element-wise function. kNOT takes kBOOL; kISINF and kISNAN give kBOOL.
class IUnaryLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kUNARY;
  explicit IUnaryLayer(UnaryOperation operation = UnaryOperation::kEXP) : ILayer(kType), operation_(operation) {}
  void setOperation(UnaryOperation value) {
    operation_ = value;
    invalidate();
  }
  UnaryOperation getOperation() const { return operation_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  std::optional<ShapeValue> infer_value(const std::vector<InferInput>& inputs,
                                        const std::vector<TensorType>& outputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  InputDim kept_dim(int32_t /*output*/, int32_t axis) const override { return {0, axis}; }
  Interval range_of(int64_t element, ValueRanges& ranges) const override;
  FormatRole format_role() const override { return FormatRole::kAgnostic; }
  bool can_be_evaluated() const override { return true; }
  void evaluate(const std::vector<HostTensor>& inputs, const MutableTensor& output) const override;

 private:
  UnaryOperation operation_;
};

// Two inputs of one dtype, broadcast as in PyTorch (missing leading dimensions count as 1). Comparisons give kBOOL;
// kAND, kOR and kXOR take kBOOL.
class IElementWiseLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kELEMENTWISE;
  explicit IElementWiseLayer(ElementWiseOperation operation = ElementWiseOperation::kSUM)
      : ILayer(kType), operation_(operation) {}
  void setOperation(ElementWiseOperation value) {
    operation_ = value;
    invalidate();
  }
  ElementWiseOperation getOperation() const { return operation_; }
  Epilogue& mutable_epilogue() {
    invalidate();
    return epilogue_;
  }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  std::optional<ShapeValue> infer_value(const std::vector<InferInput>& inputs,
                                        const std::vector<TensorType>& outputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  InputDim kept_dim(int32_t output, int32_t axis) const override;
  std::vector<ElementSource> element_factors(int64_t element) const override;
  Interval range_of(int64_t element, ValueRanges& ranges) const override;
  FormatRole format_role() const override;
  bool may_round() const override;
  bool carries_format(int32_t /*input*/) const override { return true; }
  bool can_be_evaluated() const override { return true; }
  void evaluate(const std::vector<HostTensor>& inputs, const MutableTensor& output) const override;

 private:
  ElementWiseOperation operation_;
};

// condition (kBOOL) ? input 1 : input 2, broadcast as in PyTorch.
class ISelectLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kSELECT;
  ISelectLayer() : ILayer(kType) {}
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  std::optional<ShapeValue> infer_value(const std::vector<InferInput>& inputs,
                                        const std::vector<TensorType>& outputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  InputDim kept_dim(int32_t output, int32_t axis) const override;
  Interval range_of(int64_t element, ValueRanges& ranges) const override;
  FormatRole format_role() const override;
  bool may_round() const override { return true; }
  bool carries_format(int32_t /*input*/) const override { return true; }
  bool can_be_evaluated() const override { return true; }
  void evaluate(const std::vector<HostTensor>& inputs, const MutableTensor& output) const override;
};

// (x * scale + shift) ^ power. Missing weights (count 0) mean 1, 0 and 1. kUNIFORM: one element each; kCHANNEL: one for
// each index of the channel axis; kELEMENTWISE: one for each element behind the batch dimension.
class IScaleLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kSCALE;
  explicit IScaleLayer(ScaleMode mode = ScaleMode::kUNIFORM, const Weights& shift = {}, const Weights& scale = {},
                       const Weights& power = {})
      : ILayer(kType), mode_(mode), shift_(shift), scale_(scale), power_(power) {}
  void setMode(ScaleMode value) {
    mode_ = value;
    invalidate();
  }
  ScaleMode getMode() const { return mode_; }
  void setShift(const Weights& value) {
    shift_ = value;
    invalidate();
  }
  const Weights& getShift() const { return shift_; }
  void setScale(const Weights& value) {
    scale_ = value;
    invalidate();
  }
  const Weights& getScale() const { return scale_; }
  void setPower(const Weights& value) {
    power_ = value;
    invalidate();
  }
  const Weights& getPower() const { return power_; }
  void setChannelAxis(int64_t value) {
    channel_axis_ = value;
    invalidate();
  }
  int64_t getChannelAxis() const { return channel_axis_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  InputDim kept_dim(int32_t /*output*/, int32_t axis) const override { return {0, axis}; }
  FormatRole format_role() const override { return role_if(mode_ != ScaleMode::kELEMENTWISE, FormatRole::kAgnostic); }
  bool can_be_evaluated() const override { return true; }
  void evaluate(const std::vector<HostTensor>& inputs, const MutableTensor& output) const override;

 private:
  ScaleMode mode_;
  Weights shift_;
  Weights scale_;
  Weights power_;
  int64_t channel_axis_ = 1;
};

}  // namespace torch_tensorrt::network
