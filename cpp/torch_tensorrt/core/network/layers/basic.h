#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// A network input. Its tensor has the type given to the network; min/opt/max of dynamic dims are in the network's
// profiles.
class IInputLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kINPUT;
  explicit IInputLayer(TensorType type = {}) : ILayer(kType), type_(type) {}
  const TensorType& type() const { return type_; }
  void set_type(const TensorType& type) {
    type_ = type;
    invalidate();
  }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  FormatRole format_role() const override { return FormatRole::kIndifferent; }

 private:
  TensorType type_;
};

// Output: the weights, row-major. The element count must be the volume of the dimensions.
class IConstantLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kCONSTANT;
  explicit IConstantLayer(const Dims& dimensions = {}, const Weights& weights = {})
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

  FormatRole format_role() const override { return FormatRole::kIndifferent; }

 private:
  Dims dimensions_;
  Weights weights_;
};

// The output is the input.
class IIdentityLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kIDENTITY;
  IIdentityLayer() : ILayer(kType) {}
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  std::optional<ShapeValue> infer_value(const std::vector<InferInput>& inputs,
                                        const std::vector<TensorType>& outputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  InputDim kept_dim(int32_t /*output*/, int32_t axis) const override { return {0, axis}; }
  ElementSource element_source(int64_t element) const override { return {getInput(0), element}; }
  bool does_nothing() const override { return true; }
  FormatRole format_role() const override { return FormatRole::kAgnostic; }
  bool may_round() const override { return true; }
  bool can_be_evaluated() const override { return true; }
  void evaluate(const std::vector<HostTensor>& inputs, const MutableTensor& output) const override;
};

// Converts the dtype as PyTorch does: floats truncate toward zero into integers, anything but 0 is true.
class ICastLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kCAST;
  explicit ICastLayer(DataType to_type = DataType::kFLOAT) : ILayer(kType), to_type_(to_type) {}
  void setToType(DataType value) {
    to_type_ = value;
    invalidate();
  }
  DataType getToType() const { return to_type_; }
  void setOutputType(int32_t index, DataType type) override;
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  std::optional<ShapeValue> infer_value(const std::vector<InferInput>& inputs,
                                        const std::vector<TensorType>& outputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  InputDim kept_dim(int32_t /*output*/, int32_t axis) const override { return {0, axis}; }
  ElementSource element_source(int64_t element) const override;
  Interval range_of(int64_t element, ValueRanges& ranges) const override;
  bool does_nothing() const override { return to_type_ == getInput(0)->getType(); }
  FormatRole format_role() const override { return FormatRole::kAgnostic; }
  bool can_be_evaluated() const override { return true; }
  void evaluate(const std::vector<HostTensor>& inputs, const MutableTensor& output) const override;

 private:
  DataType to_type_;
};

// Copies the values into the format of the output tensor. Only the layout pass makes these, and records its reason.
class IReformatLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kREFORMAT;
  explicit IReformatLayer(std::string reason = "") : ILayer(kType), reason_(std::move(reason)) {}
  const std::string& reason() const { return reason_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  InputDim kept_dim(int32_t /*output*/, int32_t axis) const override { return {0, axis}; }
  FormatRole format_role() const override { return FormatRole::kIndifferent; }
  bool may_round() const override { return true; }
  bool can_be_evaluated() const override { return true; }
  void evaluate(const std::vector<HostTensor>& inputs, const MutableTensor& output) const override;

 private:
  std::string reason_;
};

// Dims of the input as a 1-D kINT64 tensor.
class IShapeLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kSHAPE;
  IShapeLayer() : ILayer(kType) {}
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  std::optional<ShapeValue> infer_value(const std::vector<InferInput>& inputs,
                                        const std::vector<TensorType>& outputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  InputDim measured_dim(int64_t element) const override { return {0, static_cast<int32_t>(element)}; }
  FormatRole format_role() const override { return FormatRole::kIndifferent; }
  bool can_be_evaluated() const override { return true; }
  void evaluate(const std::vector<HostTensor>& inputs, const MutableTensor& output) const override;
};

}  // namespace torch_tensorrt::network
