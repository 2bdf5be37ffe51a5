#include <ATen/ATen.h>

#include "torch_tensorrt/core/engine/tactics/aten/families.h"

namespace torch_tensorrt::engine::aten {
namespace {

using network::IAttentionLayer;

Compute make(Request& request) {
  const auto& layer = request.layer<IAttentionLayer>();
  std::optional<at::Tensor> mask;
  if (request.inputs().size() > 3 && request.input(3).defined()) mask = request.input(3);
  const std::optional<double> scale = layer.getScale();
  const bool grouped = request.input(0).size(1) != request.input(1).size(1);
  return [q = request.input(0), k = request.input(1), v = request.input(2), mask, scale, grouped,
          causal = layer.getCausal(), out = request.output()]() mutable {
    // PyTorch refuses both at once.
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

const Row kAttentionRow = {"aten.attention", network::LayerType::kATTENTION, float_input, make};

}  // namespace torch_tensorrt::engine::aten
