#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// The k largest (or smallest) elements along the one axis whose bit is set, best first, and their indices (output 1,
// kINT32 unless kINT64 is asked for). NaN counts as larger than everything. With k 1 the index is that of the first of
// equal elements; stable (ours) keeps the order of equal elements for any k. Input 1, a shape, stands for k if given.
class ITopKLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kTOPK;
  ITopKLayer(TopKOperation operation, int64_t k, uint32_t axes)
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

 private:
  TopKOperation operation_;
  int64_t k_;
  uint32_t axes_;
  DataType indices_type_ = DataType::kINT32;
  bool stable_ = false;
};

}  // namespace torch_tensorrt::network
