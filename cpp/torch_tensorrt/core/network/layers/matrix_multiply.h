#pragma once

#include "torch_tensorrt/core/network/layer.h"

namespace torch_tensorrt::network {

// op0(A) x op1(B) over the last two dimensions; the leading ones broadcast. kTRANSPOSE swaps the last two. kVECTOR
// takes the last dimension as a vector (a row for A, a column for B) and drops that dimension from the result. If the
// ranks differ, the missing leading dimensions count as 1.
class IMatrixMultiplyLayer final : public ILayer {
 public:
  static constexpr LayerType kType = LayerType::kMATRIX_MULTIPLY;
  explicit IMatrixMultiplyLayer(MatrixOperation op0 = MatrixOperation::kNONE,
                                MatrixOperation op1 = MatrixOperation::kNONE)
      : ILayer(kType), op0_(op0), op1_(op1) {}
  void setOperation(int32_t index, MatrixOperation value) {
    (index == 0 ? op0_ : op1_) = value;
    invalidate();
  }
  MatrixOperation getOperation(int32_t index) const { return index == 0 ? op0_ : op1_; }
  Epilogue& mutable_epilogue() {
    invalidate();
    return epilogue_;
  }
  std::vector<TensorType> infer(const std::vector<InferInput>& inputs) const override;
  void visit_attributes(AttributeVisitor& visitor) override;

  bool may_round() const override { return true; }

  InputDim kept_dim(int32_t output, int32_t axis) const override;

 private:
  MatrixOperation op0_;
  MatrixOperation op1_;
};

}  // namespace torch_tensorrt::network
