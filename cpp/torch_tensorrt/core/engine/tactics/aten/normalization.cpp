#include <ATen/ATen.h>

#include <optional>

#include "torch_tensorrt/core/engine/tactics/aten/list.h"

namespace torch_tensorrt::engine::aten {
namespace {

using network::INormalizationLayer;

struct Affine {
  at::Tensor scale;  // undefined when there is none
  at::Tensor bias;
};

Affine affine_of(const Request& request) {
  const auto& layer = request.layer<INormalizationLayer>();
  Affine affine;
  int32_t next = 1;
  if (layer.getHasScale()) affine.scale = request.input(next++);
  if (layer.getHasBias()) affine.bias = request.input(next++);
  return affine;
}

at::DimVector axes_of(uint32_t mask, int64_t rank) {
  at::DimVector axes;
  for (int64_t axis = 0; axis < rank; ++axis) {
    if ((mask >> axis) & 1U) axes.push_back(axis);
  }
  return axes;
}

// Stops at the first size that is not 1: C x 1 lies along the channels, not along a last dimension of C elements.
at::IntArrayRef without_leading_ones(at::IntArrayRef sizes) {
  while (!sizes.empty() && sizes.front() == 1) sizes = sizes.slice(1);
  return sizes;
}

// The operand without leading dimensions of 1, as a view of the given sizes; empty if it has other sizes.
std::optional<at::Tensor> exactly(const at::Tensor& operand, at::IntArrayRef sizes) {
  if (!operand.defined()) return at::Tensor();
  if (without_leading_ones(operand.sizes()) != without_leading_ones(sizes)) return std::nullopt;
  return try_view(operand, sizes);
}

std::optional<at::Tensor> optional_tensor(const at::Tensor& tensor) {
  return tensor.defined() ? std::optional<at::Tensor>(tensor) : std::nullopt;
}

bool has_dtype_of(const at::Tensor& operand, const at::Tensor& x) {
  return !operand.defined() || operand.scalar_type() == x.scalar_type();
}

bool is_trailing(at::IntArrayRef axes, int64_t rank) {
  return !axes.empty() && axes.front() == rank - static_cast<int64_t>(axes.size());
}

// Uses PyTorch's layer_norm if scale and bias have exactly the sizes of the last axes.
Compute try_layer_norm(Request& request, const Affine& affine, at::IntArrayRef axes) {
  const auto& layer = request.layer<INormalizationLayer>();
  const at::Tensor x = request.input(0);
  const bool one_dtype = has_dtype_of(affine.scale, x) && has_dtype_of(affine.bias, x);
  if (!one_dtype || layer.getRms() || layer.getNbGroups() != 1 || !is_trailing(axes, x.dim()) || x.numel() == 0)
    return {};
  const at::DimVector sizes(x.sizes().slice(static_cast<size_t>(axes.front())));
  const auto scale = exactly(affine.scale, sizes);
  const auto bias = exactly(affine.bias, sizes);
  if (!scale || !bias) return {};
  return [x, take = request.result_taker(), sizes, scale = *scale, bias = *bias, epsilon = layer.getEpsilon()] {
    take(std::get<0>(at::native_layer_norm(x, sizes, optional_tensor(scale), optional_tensor(bias), epsilon)));
  };
}

struct Formula {
  at::DimVector axes;
  bool rms;
  double epsilon;
};

// (x - mean) / deviation, in the dtype of x. The mean is subtracted twice: far from 0 the first mean is rounded by more
// than the distances to it, whose own mean is small.
at::Tensor normalize(const at::Tensor& x, const Formula& formula) {
  if (formula.rms) {
    const at::Tensor mean_square = at::mean(at::square(x), formula.axes, /*keepdim=*/true);
    return at::mul(x, mean_square.add_(formula.epsilon).rsqrt_());
  }
  at::Tensor distances = at::sub(x, at::mean(x, formula.axes, /*keepdim=*/true));
  distances.sub_(at::mean(distances, formula.axes, /*keepdim=*/true));
  at::Tensor variance = at::mean(at::square(distances), formula.axes, /*keepdim=*/true);
  return distances.mul_(variance.add_(formula.epsilon).rsqrt_());
}

// Any axes, groups, scale and bias; computes in fp32 (fp64 for doubles) until the end.
Compute general(Request& request, const Affine& affine, at::DimVector axes) {
  const auto& layer = request.layer<INormalizationLayer>();
  const at::Tensor x = request.input(0);
  const at::ScalarType type = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  at::DimVector sizes(x.sizes());
  if (layer.getNbGroups() != 1) {
    sizes[1] /= layer.getNbGroups();
    sizes.insert(sizes.begin() + 1, layer.getNbGroups());
    axes.clear();
    for (size_t i = 2; i < sizes.size(); ++i) axes.push_back(static_cast<int64_t>(i));
  }
  const Formula formula{axes, layer.getRms(), layer.getEpsilon()};
  return [x, out = request.output(), affine, sizes, type, formula]() mutable {
    at::Tensor result = normalize(x.to(type).reshape(sizes), formula).reshape(x.sizes());
    if (affine.scale.defined()) result = at::mul(result, affine.scale.to(type));
    if (affine.bias.defined()) result = at::add(result, affine.bias.to(type));
    out.copy_(result);
  };
}

Compute make(Request& request) {
  const auto& layer = request.layer<INormalizationLayer>();
  const at::DimVector axes = axes_of(layer.getAxes(), request.input(0).dim());
  const Affine affine = affine_of(request);
  if (Compute compute = try_layer_norm(request, affine, axes)) return compute;
  return general(request, affine, axes);
}

}  // namespace

const Row kNormalizationRow = {"aten.normalization", network::LayerType::kNORMALIZATION, float_input, make};

}  // namespace torch_tensorrt::engine::aten
