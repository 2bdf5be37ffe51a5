#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Input 0: data; input 1: indices (kINT32 or kINT64; negative ones count from the end).
// kDEFAULT: the dims of the indices replace the indexed axis (behind the first getNbElementWiseDims() dimensions, which
// both share). kELEMENT: like torch.gather. kND: the last dimension of the indices indexes the data.
class IGatherLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kGATHER;
  explicit IGatherLayer(GatherMode mode = GatherMode::kDEFAULT) : ILayer(kType), mode_(mode) {}
  void setMode(GatherMode value) {
    mode_ = value;
    invalidate();
  }
  GatherMode getMode() const { return mode_; }
  void setGatherAxis(int32_t value) {
    axis_ = value;
    invalidate();
  }
  int32_t getGatherAxis() const { return axis_; }
  void setNbElementWiseDims(int32_t value) {
    elementwise_dims_ = value;
    invalidate();
  }
  int32_t getNbElementWiseDims() const { return elementwise_dims_; }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  std::optional<ShapeValue> infer_value(const std::vector<InferInput>& inputs,
                                        const std::vector<TensorType>& outputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  InputDim kept_dim(int32_t output, int32_t axis) const override;
  ElementSource element_source(int64_t element) const override;
  FormatRole format_role() const override;
  bool can_be_evaluated() const override { return true; }
  void evaluate(const std::vector<HostTensor>& inputs, const MutableTensor& output) const override;

 private:
  GatherMode mode_;
  int32_t axis_ = 0;
  int32_t elementwise_dims_ = 0;
};

// Input 0: data; input 1: indices (kINT32 or kINT64; negative ones count from the end); input 2: updates. The output is
// the data with the updates written into it.
// kELEMENT: indices and updates have the same dims, at most the data's except along the axis. Element [i, j, k] of the
// updates goes to [i, index, k] for axis 1. kND: the last dimension of the indices indexes the data; the updates have
// the dims of the indices without it, followed by those of the data that are not indexed.
// If several updates meet in one element, any of them may win, unless a reduction (ours) combines them all, with the
// element itself or (include_self false) without it.
class IScatterLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kSCATTER;
  explicit IScatterLayer(ScatterMode mode = ScatterMode::kELEMENT) : ILayer(kType), mode_(mode) {}
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

  InputDim kept_dim(int32_t /*output*/, int32_t axis) const override { return {0, axis}; }

 private:
  ScatterMode mode_;
  int32_t axis_ = 0;
  ScatterReduction reduction_ = ScatterReduction::kNONE;
  bool include_self_ = true;
};

// Indices of the elements that are not 0 (NaN is not 0): a kINT32 matrix [rank of the input, number of them] with one
// column for each element, in row-major order. The number is a late size: that dim is -1 even if the dims of the input
// are known.
class INonZeroLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kNON_ZERO;
  INonZeroLayer() : ILayer(kType) {}
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  bool sizes_depend_on_data() const override { return true; }
};

}  // namespace torch_tensorrt::network
