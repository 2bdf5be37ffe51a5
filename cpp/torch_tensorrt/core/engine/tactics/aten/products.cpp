#include <ATen/ATen.h>

#include "torch_tensorrt/core/engine/tactics/aten/list.h"

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

Compute make_matrix_multiply(Request& request) {
  const auto& layer = request.layer<network::IMatrixMultiplyLayer>();
  const auto left = layer.getOperation(0);
  const auto right = layer.getOperation(1);
  at::Tensor out = request.output();
  // Restores, as 1, the dimensions that the vectors drop.
  if (right == MatrixOperation::kVECTOR) out = out.unsqueeze(-1);
  if (left == MatrixOperation::kVECTOR) out = out.unsqueeze(-2);
  return [a = as_matrices(request.input(0), left, true), b = as_matrices(request.input(1), right, false),
          out]() mutable { at::matmul_out(out, a, b); };
}

}  // namespace

const Row kMatrixMultiplyRow = {"aten.matrix_multiply", network::LayerType::kMATRIX_MULTIPLY, arithmetic_input,
                                make_matrix_multiply};

namespace {

using network::IAttentionLayer;

Compute make_attention(Request& request) {
  const auto& layer = request.layer<IAttentionLayer>();
  std::optional<at::Tensor> mask;
  if (request.inputs().size() > 3 && request.input(3).defined()) mask = request.input(3);
  const std::optional<double> scale = layer.getScale();
  const bool grouped = request.input(0).size(1) != request.input(1).size(1);
  return [q = request.input(0), k = request.input(1), v = request.input(2), mask, scale, grouped,
          causal = layer.getCausal(), out = request.output()]() mutable {
    // PyTorch rejects a mask together with causal masking.
    if (mask && causal) {
      const at::Tensor seen = at::ones({q.size(2), k.size(2)}, q.options().dtype(at::kBool)).tril();
      const at::Tensor both =
          mask->scalar_type() == at::kBool
              ? at::logical_and(*mask, seen)
              : at::where(seen, *mask, at::scalar_tensor(-std::numeric_limits<double>::infinity(), mask->options()));
      out.copy_(at::scaled_dot_product_attention(q, k, v, both, 0.0, false, scale, grouped));
      return;
    }
    out.copy_(at::scaled_dot_product_attention(q, k, v, mask, 0.0, causal, scale, grouped));
  };
}

}  // namespace

const Row kAttentionRow = {"aten.attention", network::LayerType::kATTENTION, float_input, make_attention};

}  // namespace torch_tensorrt::engine::aten
