#include <ATen/ATen.h>

#include "torch_tensorrt/core/engine/tactics/aten/families.h"

namespace torch_tensorrt::engine::aten {
namespace {

at::Tensor permute(const at::Tensor& tensor, const network::Permutation& permutation) {
  at::DimVector order(permutation.order, permutation.order + tensor.dim());
  return tensor.permute(order);
}

at::Tensor unpermute(const at::Tensor& tensor, const network::Permutation& permutation) {
  at::DimVector order(tensor.dim(), 0);
  for (int64_t i = 0; i < tensor.dim(); ++i) order[permutation.order[i]] = i;
  return tensor.permute(order);
}

// One strided copy wherever the reshape can be a view of the input or of the output.
Compute make(Request& request) {
  const auto& layer = request.layer<network::IShuffleLayer>();
  const at::Tensor from = permute(request.input(0), layer.getFirstTranspose());
  // The output before the second transpose.
  at::Tensor to = unpermute(request.output(), layer.getSecondTranspose());
  if (const auto view = try_view(from, to.sizes())) {
    return [from = *view, to]() mutable { to.copy_(from); };
  }
  if (const auto view = try_view(to, from.sizes())) {
    return [from, to = *view]() mutable { to.copy_(from); };
  }
  return [from, to]() mutable { to.copy_(from.reshape(to.sizes())); };
}

}  // namespace

const Row kShuffleRow = {"aten.shuffle", network::LayerType::kSHUFFLE, any_dtype, make};

}  // namespace torch_tensorrt::engine::aten
