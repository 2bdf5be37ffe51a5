#include <ATen/ATen.h>

#include "torch_tensorrt/core/engine/tactics/aten/list.h"
#include "torch_tensorrt/core/network/enum_names.h"

namespace torch_tensorrt::engine::aten {
namespace {

using network::ReduceOperation;

at::DimVector axes_of(uint32_t mask, int64_t rank) {
  at::DimVector axes;
  for (int64_t axis = 0; axis < rank; ++axis) {
    if ((mask >> axis) & 1U) axes.push_back(axis);
  }
  return axes;
}

Decision supports(const network::ILayer& layer) {
  const auto operation = static_cast<const network::IReduceLayer&>(layer).getOperation();
  if (operation == ReduceOperation::kAVG) return float_input(layer);
  if (operation == ReduceOperation::kNONE) return any_dtype(layer);
  if (layer.getInput(0)->getType() == network::DataType::kBOOL) {
    const bool selects = operation == ReduceOperation::kMAX || operation == ReduceOperation::kMIN;
    return selects ? Decision::yes() : Decision::no(network::enum_name(operation) + " does not take bool");
  }
  return arithmetic_input(layer);
}

// PyTorch's product reduces one axis at a time.
at::Tensor product(at::Tensor x, at::IntArrayRef axes, at::ScalarType type) {
  for (const int64_t axis : axes) x = at::prod(x, axis, /*keepdim=*/true, type);
  return x;
}

Compute make_reduce(Request& request) {
  const auto& layer = request.layer<network::IReduceLayer>();
  const at::Tensor x = request.input(0);
  at::Tensor out = request.output();
  const at::DimVector axes = axes_of(layer.getReduceAxes(), x.dim());
  const bool keep = layer.getKeepDimensions();
  const at::ScalarType type = out.scalar_type();
  if (axes.empty()) return [x, out]() mutable { out.copy_(x); };
  switch (layer.getOperation()) {
    case ReduceOperation::kSUM:
      return [x, out, axes, keep, type]() mutable { at::sum_out(out, x, axes, keep, type); };
    case ReduceOperation::kAVG:
      return [x, out, axes, keep, type]() mutable { at::mean_out(out, x, axes, keep, type); };
    case ReduceOperation::kMAX:
      return [x, out, axes, keep]() mutable { at::amax_out(out, x, axes, keep); };
    case ReduceOperation::kMIN:
      return [x, out, axes, keep]() mutable { at::amin_out(out, x, axes, keep); };
    case ReduceOperation::kPROD: {
      const at::ScalarType inside = is_reduced_float(type) ? at::kFloat : type;
      return [x, out, axes, inside]() mutable { out.copy_(product(x, axes, inside).reshape(out.sizes())); };
    }
    case ReduceOperation::kNONE:
      break;
  }
  return [x, out]() mutable { out.copy_(x); };
}

}  // namespace

const Row kReduceRow = {"aten.reduce", network::LayerType::kREDUCE, supports, make_reduce};

namespace {

Compute make_quantized(Request& request) {
  const auto& layer = request.layer<network::IReduceLayer>();
  const at::DimVector axes = axes_of(layer.getReduceAxes(), request.input(0).dim());
  return [x = exact_input(request), axes, keep = layer.getKeepDimensions(), finish = make_whole_epilogue(request)] {
    finish(axes.empty() ? x() : at::mean(x(), axes, keep));
  };
}

}  // namespace

const Row kQuantizedReduceRow =
    quantized_row("aten.quantized_reduce", network::LayerType::kREDUCE, is_quantized, make_quantized);

namespace {

Compute make_softmax(Request& request) {
  const auto& layer = request.layer<network::ISoftMaxLayer>();
  const int64_t axis = __builtin_ctz(layer.getAxes());
  // In f16 and bf16, PyTorch's kernels for CPUs round the exponentials or their sum (seen in 2.11).
  if (request.device().is_cpu() && is_reduced_float(request.input(0).scalar_type())) {
    return [x = request.input(0), out = request.output(), axis, log = layer.getLog()]() mutable {
      const at::Tensor wide = x.to(at::kFloat);
      out.copy_(log ? at::log_softmax(wide, axis) : at::softmax(wide, axis));
    };
  }
  // PyTorch's kernels for the last dimension write row-major and ignore the strides of `out` (seen in 2.11).
  if (!request.output().is_contiguous()) {
    return [x = request.input(0), out = request.output(), axis, log = layer.getLog()]() mutable {
      out.copy_(log ? at::log_softmax(x, axis) : at::softmax(x, axis));
    };
  }
  return [x = request.input(0), out = request.output(), axis, log = layer.getLog()]() mutable {
    if (log) {
      at::_log_softmax_out(out, x, axis, /*half_to_float=*/false);
    } else {
      at::_softmax_out(out, x, axis, /*half_to_float=*/false);
    }
  };
}

}  // namespace

const Row kSoftMaxRow = {"aten.softmax", network::LayerType::kSOFTMAX, float_input, make_softmax};

// Layers that work along one dimension: the best elements, running sums.

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
    // Gives the first of equal elements, which topk does not promise.
    auto [values, indices] = largest ? at::max(x, axis, /*keepdim=*/true) : at::min(x, axis, /*keepdim=*/true);
    return {std::move(values), std::move(indices)};
  }
  // If all elements are kept, PyTorch on a CPU keeps the order of equal elements, whether asked to or not.
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
    // Take k from the output's size: it may be an input.
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
