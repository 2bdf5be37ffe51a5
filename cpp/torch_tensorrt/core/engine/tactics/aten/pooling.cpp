#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "torch_tensorrt/core/engine/tactics/aten/list.h"
#include "torch_tensorrt/core/network/enum_names.h"

namespace torch_tensorrt::engine::aten {
namespace {

using network::Dims;
using network::IPoolingLayer;
using network::PoolingType;

struct Window {
  at::DimVector size;
  at::DimVector stride;
  at::DimVector dilation;
  at::DimVector pre;
  at::DimVector post;
  bool round_up = false;

  size_t rank() const { return size.size(); }
  bool is_dilated() const {
    return std::any_of(dilation.begin(), dilation.end(), [](int64_t d) { return d != 1; });
  }
  // Whether PyTorch's pooling operators can express the padding: equal on both sides, half a window at most.
  bool has_native_padding() const {
    for (size_t i = 0; i < rank(); ++i) {
      if (pre[i] != post[i] || pre[i] < 0 || 2 * pre[i] > size[i]) return false;
    }
    return true;
  }
};

at::DimVector to_vector(const Dims& dims) { return at::DimVector(dims.d, dims.d + dims.nbDims); }

Window window_of(const IPoolingLayer& layer, const at::Tensor& x) {
  const int32_t rank = layer.getWindowSizeNd().nbDims;
  const Dims spatial(rank, x.sizes().data() + x.dim() - rank);
  Dims pre;
  Dims post;
  layer.resolved_padding(spatial, &pre, &post);
  return {to_vector(layer.getWindowSizeNd()),
          to_vector(layer.full_stride()),
          to_vector(layer.full_dilation()),
          to_vector(pre),
          to_vector(post),
          layer.getPaddingMode() == network::PaddingMode::kEXPLICIT_ROUND_UP};
}

// Two-dimensional operators also serve one spatial dimension: the tensors get a dimension of 1 before the last, the
// attributes the neutral element.
struct Native {
  at::Tensor x;
  at::Tensor out;
  at::DimVector size, stride, dilation, padding;
};

Native make_native(const at::Tensor& x, const at::Tensor& out, const Window& window) {
  Native native{x, out, window.size, window.stride, window.dilation, window.pre};
  if (window.rank() != 1) return native;
  native.x = x.unsqueeze(-2);
  native.out = out.unsqueeze(-2);
  native.size.insert(native.size.begin(), 1);
  native.stride.insert(native.stride.begin(), 1);
  native.dilation.insert(native.dilation.begin(), 1);
  native.padding.insert(native.padding.begin(), 0);
  return native;
}

Compute native_max(Request& request, const Window& window) {
  Native n = make_native(request.input(0), request.output(), window);
  at::Tensor indices = request.scratch(n.out.sizes(), at::kLong);
  const bool is_3d = window.rank() == 3;
  return [n, indices, is_3d, ceil = window.round_up]() mutable {
    if (is_3d) {
      at::max_pool3d_with_indices_out(n.out, indices, n.x, n.size, n.stride, n.padding, n.dilation, ceil);
    } else {
      at::max_pool2d_with_indices_out(n.out, indices, n.x, n.size, n.stride, n.padding, n.dilation, ceil);
    }
  };
}

Compute native_average(Request& request, const Window& window) {
  const auto& layer = request.layer<IPoolingLayer>();
  Native n = make_native(request.input(0), request.output(), window);
  const bool counts_padding = !layer.getAverageCountExcludesPadding();
  const auto divisor = layer.getDivisor() == 0 ? std::nullopt : std::optional<int64_t>(layer.getDivisor());
  const bool is_3d = window.rank() == 3;
  return [n, counts_padding, divisor, is_3d, ceil = window.round_up]() mutable {
    if (is_3d) {
      // avg_pool3d_out writes row-major and ignores the strides of `out` (seen in 2.11).
      n.out.copy_(at::avg_pool3d(n.x, n.size, n.stride, n.padding, ceil, counts_padding, divisor));
    } else {
      at::avg_pool2d_out(n.out, n.x, n.size, n.stride, n.padding, ceil, counts_padding, divisor);
    }
  };
}

// ---- any window, any padding: a view with one extra dimension for each axis, which is reduced ----------------------

// Padding on each side so that the last window ends inside.
at::DimVector padding_amounts(const Window& window, const at::Tensor& x, const at::Tensor& out, bool round_up_only) {
  at::DimVector amounts;
  for (size_t k = window.rank(); k-- > 0;) {
    const int64_t axis = x.dim() - static_cast<int64_t>(window.rank() - k);
    const int64_t needed = (out.size(axis) - 1) * window.stride[k] + (window.size[k] - 1) * window.dilation[k] + 1;
    const int64_t padded = window.pre[k] + x.size(axis) + window.post[k];
    const int64_t beyond = std::max<int64_t>(0, needed - padded);
    amounts.push_back(round_up_only ? 0 : window.pre[k]);
    amounts.push_back(round_up_only ? beyond : window.post[k] + beyond);
  }
  return amounts;
}

// [..., out..., window...]
at::Tensor windows_of(const at::Tensor& padded, const Window& window, at::IntArrayRef out_sizes) {
  at::DimVector sizes(out_sizes);
  at::DimVector strides(padded.strides());
  const size_t first = out_sizes.size() - window.rank();
  for (size_t k = 0; k < window.rank(); ++k) {
    sizes.push_back(window.size[k]);
    strides.push_back(padded.stride(static_cast<int64_t>(first + k)) * window.dilation[k]);
    strides[first + k] *= window.stride[k];
  }
  return padded.as_strided(sizes, strides);
}

at::DimVector window_axes(const Window& window, int64_t rank) {
  at::DimVector axes;
  for (size_t k = 0; k < window.rank(); ++k) axes.push_back(rank + static_cast<int64_t>(k));
  return axes;
}

at::Scalar lowest(at::ScalarType type) {
  if (at::isFloatingType(type)) return -std::numeric_limits<double>::infinity();
  if (type == at::kByte) return 0;
  if (type == at::kChar) return std::numeric_limits<int8_t>::min();
  if (type == at::kShort) return std::numeric_limits<int16_t>::min();
  if (type == at::kInt) return std::numeric_limits<int32_t>::min();
  return std::numeric_limits<int64_t>::min();
}

std::function<at::Tensor()> general_max(const at::Tensor& x, const at::Tensor& out, const Window& window) {
  const at::DimVector amounts = padding_amounts(window, x, out, /*round_up_only=*/false);
  const at::DimVector axes = window_axes(window, x.dim());
  return [x, window, amounts, axes, sizes = at::DimVector(out.sizes()), fill = lowest(x.scalar_type())] {
    return at::amax(windows_of(at::constant_pad_nd(x, amounts, fill), window, sizes), axes);
  };
}

// Reciprocal of the divisor of each window's sum.
at::Tensor reciprocal_counts(const IPoolingLayer& layer, const Window& window, const at::Tensor& x,
                             const at::Tensor& out, at::ScalarType type) {
  const auto options = at::TensorOptions().dtype(type).device(x.device());
  if (layer.getDivisor() != 0) return at::full({}, 1.0 / static_cast<double>(layer.getDivisor()), options);
  at::Tensor ones = at::ones(x.sizes(), options);
  const at::DimVector all = padding_amounts(window, x, out, /*round_up_only=*/false);
  if (layer.getAverageCountExcludesPadding()) {
    ones = at::constant_pad_nd(ones, all);
  } else {
    at::DimVector padding;
    for (size_t k = window.rank(); k-- > 0;) {
      padding.push_back(window.pre[k]);
      padding.push_back(window.post[k]);
    }
    ones = at::constant_pad_nd(at::constant_pad_nd(ones, padding, 1),
                               padding_amounts(window, x, out, /*round_up_only=*/true));
  }
  return at::reciprocal(windows_of(ones, window, out.sizes()).sum(window_axes(window, x.dim())));
}

std::function<at::Tensor()> general_average(const IPoolingLayer& layer, const at::Tensor& x, const at::Tensor& out,
                                            const Window& window) {
  const at::ScalarType type = is_reduced_float(x.scalar_type()) ? at::kFloat : x.scalar_type();
  const at::DimVector amounts = padding_amounts(window, x, out, /*round_up_only=*/false);
  const at::DimVector axes = window_axes(window, x.dim());
  const at::Tensor factors = reciprocal_counts(layer, window, x, out, type);
  return [x, window, amounts, axes, sizes = at::DimVector(out.sizes()), factors, type] {
    return at::sum(windows_of(at::constant_pad_nd(x, amounts), window, sizes), axes, /*keepdim=*/false, type)
        .mul_(factors);
  };
}

Compute general(Request& request, const Window& window) {
  const auto& layer = request.layer<IPoolingLayer>();
  const at::Tensor x = request.input(0);
  at::Tensor out = request.output();
  switch (layer.getPoolingType()) {
    case PoolingType::kMAX:
      return [out, max = general_max(x, out, window)]() mutable { out.copy_(max()); };
    case PoolingType::kAVERAGE:
      return [out, average = general_average(layer, x, out, window)]() mutable { out.copy_(average()); };
    case PoolingType::kMAX_AVERAGE_BLEND:
      break;
  }
  return [out, max = general_max(x, out, window), average = general_average(layer, x, out, window),
          blend = layer.getBlendFactor()]() mutable {
    const at::Tensor average_now = average();
    out.copy_(at::lerp(max().to(average_now.scalar_type()), average_now, blend));
  };
}

// ---------------------------------------------------------------------------------------------------------------------

bool is_native_rank(const at::Tensor& x, const Window& window) {
  const auto spatial = static_cast<int64_t>(window.rank());
  return spatial <= 3 && (x.dim() == spatial + 2 || (x.dim() == spatial + 1));
}

// Of the integer types, PyTorch's own operators average only int64.
bool averages_integers(const IPoolingLayer& pooling) {
  return pooling.getPoolingType() == PoolingType::kAVERAGE &&
         pooling.getInput(0)->getType() == network::DataType::kINT64;
}

Decision supports(const network::ILayer& layer) {
  const auto& pooling = static_cast<const IPoolingLayer&>(layer);
  const bool any_number = pooling.getPoolingType() == PoolingType::kMAX || averages_integers(pooling);
  return any_number ? arithmetic_input(layer) : float_input(layer);
}

Decision takes(const LayerInstance& instance) {
  const auto& pooling = static_cast<const IPoolingLayer&>(*instance.layer);
  if (!averages_integers(pooling)) return Decision::yes();
  const at::Tensor x = make_blob(instance.inputs[0], at::kCPU);
  const Window window = window_of(pooling, x);
  if (window.has_native_padding() && is_native_rank(x, window) && !window.is_dilated()) return Decision::yes();
  return Decision::no("PyTorch has no average of integers over this window");
}

Compute make(Request& request) {
  const auto& layer = request.layer<IPoolingLayer>();
  const at::Tensor& x = request.input(0);
  const Window window = window_of(layer, x);
  const bool native = window.has_native_padding() && is_native_rank(x, window) && x.numel() != 0 &&
                      (at::isFloatingType(x.scalar_type()) || averages_integers(layer));
  if (native && layer.getPoolingType() == PoolingType::kMAX) return native_max(request, window);
  // PyTorch averages three dimensions in fp32 and fp64 only on a CPU (seen in 2.11).
  const bool has_average = window.rank() < 3 || !request.device().is_cpu() || !is_reduced_float(x.scalar_type());
  if (native && has_average && layer.getPoolingType() == PoolingType::kAVERAGE && !window.is_dilated()) {
    return native_average(request, window);
  }
  return general(request, window);
}

Compute make_quantized(Request& request) {
  const auto& layer = request.layer<IPoolingLayer>();
  const at::Tensor& q = request.input(0);
  const at::Tensor x = request.scratch(q.sizes(), at::kDouble);
  return [x, exact = exact_input(request), average = general_average(layer, x, request.output(), window_of(layer, q)),
          finish = make_whole_epilogue(request)] {
    x.copy_(exact());
    finish(average());
  };
}

}  // namespace

const Row kQuantizedPoolingRow =
    quantized_row("aten.quantized_pooling", network::LayerType::kPOOLING, is_quantized, make_quantized);
const Row kPoolingRow = {"aten.pooling", network::LayerType::kPOOLING, supports, make, /*in_place=*/false, takes};

}  // namespace torch_tensorrt::engine::aten
