#include <ATen/ATen.h>

#include "torch_tensorrt/core/engine/tactics/aten/families.h"

// Layers that look along one dimension: the best elements, running sums.
namespace torch_tensorrt::engine::aten {
namespace {

using network::CumulativeOperation;
using network::ICumulativeLayer;
using network::ITopKLayer;
using network::TopKOperation;

struct Best {
  at::Tensor values;
  at::Tensor indices;
};

Best find_best(const at::Tensor& x, int64_t k, const ITopKLayer& layer) {
  const int64_t axis = __builtin_ctz(layer.getReduceAxes());
  const bool largest = layer.getOperation() == TopKOperation::kMAX;
  if (k == 1 && x.size(axis) > 0) {
    // The first of equal elements; topk does not promise it.
    auto [values, indices] = largest ? at::max(x, axis, /*keepdim=*/true) : at::min(x, axis, /*keepdim=*/true);
    return {std::move(values), std::move(indices)};
  }
  // Of all of them PyTorch keeps the order of equal elements on a CPU, whether it is asked to or not.
  if (layer.getStable() || k == x.size(axis)) {
    auto [values, indices] = at::sort(x, /*stable=*/true, axis, /*descending=*/largest);
    return {values.narrow(axis, 0, k), indices.narrow(axis, 0, k)};
  }
  auto [values, indices] = at::topk(x, k, axis, largest, /*sorted=*/true);
  return {std::move(values), std::move(indices)};
}

Compute make_topk(Request& request) {
  const auto& layer = request.layer<ITopKLayer>();
  return [&layer, x = request.input(0), values = request.output(0), indices = request.output(1)]() mutable {
    // As many as the output has: k may be an input.
    const Best best = find_best(x, values.size(__builtin_ctz(layer.getReduceAxes())), layer);
    values.copy_(best.values);
    indices.copy_(best.indices);
  };
}

Compute make_cumulative(Request& request) {
  const auto& layer = request.layer<ICumulativeLayer>();
  return [axis = layer.getAxis(), operation = layer.getOperation(), x = request.input(0),
          out = request.output()]() mutable {
    switch (operation) {
      case CumulativeOperation::kSUM:
        at::cumsum_out(out, x, axis);
        return;
      case CumulativeOperation::kPROD:
        at::cumprod_out(out, x, axis);
        return;
      case CumulativeOperation::kMAX:
        out.copy_(std::get<0>(at::cummax(x, axis)));
        return;
      case CumulativeOperation::kMIN:
        out.copy_(std::get<0>(at::cummin(x, axis)));
        return;
    }
  };
}

}  // namespace

const Row kTopKRow = {"aten.topk", network::LayerType::kTOPK, arithmetic_input, make_topk};
const Row kCumulativeRow = {"aten.cumulative", network::LayerType::kCUMULATIVE, arithmetic_input, make_cumulative};

}  // namespace torch_tensorrt::engine::aten
