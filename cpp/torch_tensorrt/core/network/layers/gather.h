#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// Input 0: data, input 1: indices (kINT32 or kINT64; negative ones count from the end).
// kDEFAULT: the indexed axis is replaced by the dims of the indices (behind the first getNbElementWiseDims()
// dimensions, which both share). kELEMENT: as torch.gather. kND: the last dimension of the indices indexes the data.
class IGatherLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kGATHER;
  explicit IGatherLayer(GatherMode mode) : ILayer(kType), mode_(mode) {}
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

 private:
  GatherMode mode_;
  int32_t axis_ = 0;
  int32_t elementwise_dims_ = 0;
};

}  // namespace torch_tensorrt::network
