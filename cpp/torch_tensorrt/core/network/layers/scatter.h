#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Input 0: data, input 1: indices (kINT32 or kINT64; negative ones count from the end), input 2: updates. The output is
// the data with the updates written into it.
// kELEMENT: indices and updates have the same dims, no larger than the data's but in the axis: element [i, j, k] of the
// updates goes to [i, index, k] for axis 1. kND: the last dimension of the indices indexes the data, the updates have
// the dims of the indices without it, then those of the data that are not indexed.
// Which of several updates of one element stays is not said, unless a reduction (ours) combines them all, with the
// element itself or (include_self false) without.
class IScatterLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kSCATTER;
  explicit IScatterLayer(ScatterMode mode) : ILayer(kType), mode_(mode) {}
  void setMode(ScatterMode value) {
    mode_ = value;
    invalidate();
  }
  ScatterMode getMode() const { return mode_; }
  void setAxis(int32_t value) {
    axis_ = value;
    invalidate();
  }
  int32_t getAxis() const { return axis_; }
  void setReduction(ScatterReduction value) {
    reduction_ = value;
    invalidate();
  }
  ScatterReduction getReduction() const { return reduction_; }
  void setIncludeSelf(bool value) {
    include_self_ = value;
    invalidate();
  }
  bool getIncludeSelf() const { return include_self_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

 private:
  ScatterMode mode_;
  int32_t axis_ = 0;
  ScatterReduction reduction_ = ScatterReduction::kNONE;
  bool include_self_ = true;
};

}  // namespace torch_tensorrt::network
