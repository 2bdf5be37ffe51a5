#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Reduces the axes whose bits are set. kAVG of integers is an error, unless they have 8 bits and an epilogue that
// begins with kDequantize; sums of half precision accumulate in fp32. An empty set of axes reduces nothing.
class IReduceLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kREDUCE;
  explicit IReduceLayer(ReduceOperation operation = ReduceOperation::kSUM, uint32_t axes = 0,
                        bool keep_dimensions = false)
      : ILayer(kType), operation_(operation), axes_(axes), keep_dimensions_(keep_dimensions) {}
  void setOperation(ReduceOperation value) {
    operation_ = value;
    invalidate();
  }
  ReduceOperation getOperation() const { return operation_; }
  void setReduceAxes(uint32_t value) {
    axes_ = value;
    invalidate();
  }
  uint32_t getReduceAxes() const { return axes_; }
  void setKeepDimensions(bool value) {
    keep_dimensions_ = value;
    invalidate();
  }
  bool getKeepDimensions() const { return keep_dimensions_; }
  Epilogue& mutable_epilogue() {
    invalidate();
    return epilogue_;
  }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  std::optional<ShapeValue> infer_value(const std::vector<InferInput>& inputs,
                                        const std::vector<TensorType>& outputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  InputDim kept_dim(int32_t output, int32_t axis) const override;
  Interval range_of(int64_t element, ValueRanges& ranges) const override;
  bool does_nothing() const override { return axes_ == 0 && epilogue_.empty(); }
  FormatRole format_role() const override;
  bool may_round() const override { return operation_ != ReduceOperation::kPROD; }
  bool can_be_evaluated() const override { return true; }
  void evaluate(const std::vector<HostTensor>& inputs, const MutableTensor& output) const override;

 private:
  ReduceOperation operation_;
  uint32_t axes_;
  bool keep_dimensions_;
};

// Softmax over the one axis whose bit is set (nvinfer1's mask), or its logarithm.
class ISoftMaxLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kSOFTMAX;
  explicit ISoftMaxLayer(uint32_t axes = 1) : ILayer(kType), axes_(axes) {}
  void setAxes(uint32_t value) {
    axes_ = value;
    invalidate();
  }
  uint32_t getAxes() const { return axes_; }
  void setLog(bool value) {
    log_ = value;
    invalidate();
  }
  bool getLog() const { return log_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  InputDim kept_dim(int32_t /*output*/, int32_t axis) const override { return {0, axis}; }
  FormatRole format_role() const override { return FormatRole::kAgnostic; }
  bool may_round() const override { return !log_; }

 private:
  uint32_t axes_;
  bool log_ = false;
};

// The k largest (or smallest) elements along the one axis whose bit is set, best first, and their indices (output 1,
// kINT32 unless kINT64 is asked for). NaN counts as the largest. With k = 1 the index is that of the first of equal
// elements; stable (ours) keeps the order of equal elements for any k. Input 1, a shape, replaces k if given.
class ITopKLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kTOPK;
  explicit ITopKLayer(TopKOperation operation = TopKOperation::kMAX, int64_t k = 1, uint32_t axes = 1)
      : ILayer(kType, /*output_count=*/2), operation_(operation), k_(k), axes_(axes) {}
  void setOperation(TopKOperation value) {
    operation_ = value;
    invalidate();
  }
  TopKOperation getOperation() const { return operation_; }
  void setK(int64_t value) {
    k_ = value;
    invalidate();
  }
  int64_t getK() const { return k_; }
  void setReduceAxes(uint32_t value) {
    axes_ = value;
    invalidate();
  }
  uint32_t getReduceAxes() const { return axes_; }
  void setIndicesType(DataType value) {
    indices_type_ = value;
    invalidate();
  }
  DataType getIndicesType() const { return indices_type_; }
  void setStable(bool value) {
    stable_ = value;
    invalidate();
  }
  bool getStable() const { return stable_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  bool reads_dims(int32_t input) const override { return input == 1; }
  InputDim kept_dim(int32_t output, int32_t axis) const override;

 private:
  TopKOperation operation_;
  int64_t k_;
  uint32_t axes_;
  DataType indices_type_ = DataType::kINT32;
  bool stable_ = false;
};

// Running sum, product, maximum or minimum along an axis.
class ICumulativeLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kCUMULATIVE;
  explicit ICumulativeLayer(CumulativeOperation operation = CumulativeOperation::kSUM, int32_t axis = 0)
      : ILayer(kType), operation_(operation), axis_(axis) {}
  void setOperation(CumulativeOperation value) {
    operation_ = value;
    invalidate();
  }
  CumulativeOperation getOperation() const { return operation_; }
  void setAxis(int32_t value) {
    axis_ = value;
    invalidate();
  }
  int32_t getAxis() const { return axis_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  InputDim kept_dim(int32_t /*output*/, int32_t axis) const override { return {0, axis}; }

 private:
  CumulativeOperation operation_;
  int32_t axis_;
};

}  // namespace torch_tensorrt::network
