#include <limits>

#include "ATen/ATen.h"
#include "torch/library.h"

// Operators that stand in lowered graphs, and compute the same when PyTorch runs them.
namespace torch_tensorrt::core::lowering {
namespace {

at::Tensor trt_const(const at::Tensor& value) { return value; }

// A mask of bools becomes what is added to attention scores: 0 where it is true, -inf where it is false. A mask of
// numbers is that already. The caller's mask is never written.
at::Tensor attn_bias_from_attn_mask(const at::Tensor& mask) {
  if (mask.scalar_type() != at::kBool) return mask;
  const auto bias = at::zeros_like(mask, mask.options().dtype(at::kFloat));
  return bias.masked_fill(mask.logical_not(), -std::numeric_limits<float>::infinity());
}

}  // namespace

TORCH_LIBRARY(trt, m) {
  m.def("const(Tensor(a) val) -> Tensor(a)", trt_const);
  m.def("attn_bias_from_attn_mask(Tensor attn_mask) -> Tensor", attn_bias_from_attn_mask);
}

}  // namespace torch_tensorrt::core::lowering
