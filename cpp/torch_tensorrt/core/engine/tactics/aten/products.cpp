#include <ATen/ATen.h>

#include <optional>

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

// A stack of rows as one matrix; empty if its strides do not allow that.
std::optional<at::Tensor> as_rows(const at::Tensor& x) {
  if (x.dim() == 0 || x.numel() == 0) return std::nullopt;
  return try_view(x, {x.numel() / x.size(-1), x.size(-1)});
}

// The operand that the epilogue's first operation adds to each row; empty if it does something else.
std::optional<at::Tensor> bias_of(const Request& request) {
  const network::Epilogue& epilogue = request.instance().layer->epilogue();
  if (epilogue.empty() || epilogue[0].kind != network::EpilogueOp::Kind::kElementWise ||
      epilogue[0].elementwise != network::ElementWiseOperation::kSUM) {
    return std::nullopt;
  }
  const at::Tensor& operand = request.input(epilogue[0].input);
  const at::Tensor& out = request.output();
  const int64_t columns = out.size(-1);
  if (operand.dim() == 0 || operand.size(-1) != columns || operand.numel() != columns) return std::nullopt;
  if (operand.scalar_type() != out.scalar_type()) return std::nullopt;
  return try_view(operand, {columns});
}

// A linear layer on a GPU, or in f16 or bf16: one product of matrices, with the bias and a ReLU in the same kernel,
// which rounds once. Empty for other products.
Compute try_linear(Request& request) {
  const auto& layer = request.layer<network::IMatrixMultiplyLayer>();
  const at::Tensor& right = request.input(1);
  const bool is_matrix = right.dim() >= 2 && right.numel() == right.size(-1) * right.size(-2);
  const bool fuses = request.device().is_cuda() || is_reduced_float(right.scalar_type());
  if (!fuses || !is_matrix || layer.getOperation(0) != MatrixOperation::kNONE ||
      layer.getOperation(1) == MatrixOperation::kVECTOR) {
    return {};
  }
  const auto x = as_rows(request.input(0));
  const auto out = as_rows(request.output());
  const auto stored = try_view(right, {right.size(-2), right.size(-1)});
  if (!x || !out || !stored) return {};
  const at::Tensor weight = layer.getOperation(1) == MatrixOperation::kTRANSPOSE ? stored->t() : *stored;
  const auto bias = bias_of(request);
  if (!bias) return [x = *x, weight, out = *out]() mutable { at::mm_out(out, x, weight); };
  const network::Epilogue& epilogue = layer.epilogue();
  const bool has_relu = epilogue.size() > 1 && epilogue[1].kind == network::EpilogueOp::Kind::kActivation &&
                        epilogue[1].activation == network::ActivationType::kRELU;
  request.fuse_epilogue(has_relu ? 2 : 1);
  return [x = *x, weight, bias = *bias, out = *out, has_relu]() mutable {
    if (has_relu) {
      at::_addmm_activation_out(out, bias, x, weight);
    } else {
      at::addmm_out(out, bias, x, weight);
    }
  };
}

Compute make_matrix_multiply(Request& request) {
  if (Compute linear = try_linear(request)) return linear;
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
          causal = layer.getCausal(), take = request.result_taker()] {
    // PyTorch rejects a mask together with causal masking.
    if (mask && causal) {
      const at::Tensor seen = at::ones({q.size(2), k.size(2)}, q.options().dtype(at::kBool)).tril();
      const at::Tensor both =
          mask->scalar_type() == at::kBool
              ? at::logical_and(*mask, seen)
              : at::where(seen, *mask, at::scalar_tensor(-std::numeric_limits<double>::infinity(), mask->options()));
      take(at::scaled_dot_product_attention(q, k, v, both, 0.0, false, scale, grouped));
      return;
    }
    take(at::scaled_dot_product_attention(q, k, v, mask, 0.0, causal, scale, grouped));
  };
}

// The fused kernels give N x heads x length x width as a view of N x length x heads x width.
network::Dims attention_strides(const LayerInstance& instance) {
  network::Dims strides = instance.outputs[0].strides();
  const network::Dims& dims = instance.outputs[0].dims;
  if (dims.nbDims != 4) return strides;
  strides.d[1] = dims.d[3];
  strides.d[2] = dims.d[1] * dims.d[3];
  return strides;
}

}  // namespace

const Row kAttentionRow = {"aten.attention",   network::LayerType::kATTENTION,
                           float_input,        make_attention,
                           /*in_place=*/false, /*takes=*/nullptr,
                           /*gpu_only=*/false, attention_strides};

}  // namespace torch_tensorrt::engine::aten
