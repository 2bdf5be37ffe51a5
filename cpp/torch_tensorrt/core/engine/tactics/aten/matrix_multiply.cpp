#include <ATen/ATen.h>

#include "torch_tensorrt/core/engine/tactics/aten/families.h"

namespace torch_tensorrt::engine::aten {
namespace {

using network::MatrixOperation;

// The operand as a stack of matrices: a vector becomes a row (on the left) or a column (on the right).
at::Tensor as_matrices(const at::Tensor& operand, MatrixOperation operation, bool is_left) {
  switch (operation) {
    case MatrixOperation::kNONE:
      return operand;
    case MatrixOperation::kTRANSPOSE:
      return operand.transpose(-1, -2);
    case MatrixOperation::kVECTOR:
      return operand.unsqueeze(is_left ? -2 : -1);
  }
  return operand;
}

Compute make(Request& request) {
  const auto& layer = request.layer<network::IMatrixMultiplyLayer>();
  const auto left = layer.getOperation(0);
  const auto right = layer.getOperation(1);
  at::Tensor out = request.output();
  // The dimensions that the vectors drop, put back as 1.
  if (right == MatrixOperation::kVECTOR) out = out.unsqueeze(-1);
  if (left == MatrixOperation::kVECTOR) out = out.unsqueeze(-2);
  return [a = as_matrices(request.input(0), left, true), b = as_matrices(request.input(1), right, false),
          out]() mutable { at::matmul_out(out, a, b); };
}

}  // namespace

const Row kMatrixMultiplyRow = {"aten.matrix_multiply", network::LayerType::kMATRIX_MULTIPLY, arithmetic_input, make};

}  // namespace torch_tensorrt::engine::aten
