#include "torch_tensorrt/core/engine/tactics/aten/convolution.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>

#include <algorithm>
#include <optional>

#include "torch_tensorrt/core/engine/tactics/aten/list.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::aten {
namespace {

using network::ConvolutionBase;
using network::Dims;

// Rounding up makes outputs whose window ends beyond the padding: extend the padding to the last window.
void extend_to_last_window(Geometry& geometry, const ConvolutionBase& layer, at::IntArrayRef input,
                           at::IntArrayRef output) {
  const auto rank = static_cast<size_t>(layer.spatial_rank());
  for (size_t i = 0; i < rank; ++i) {
    const int64_t needed =
        (output[i + 2] - 1) * geometry.stride[i] + (layer.getKernelSizeNd().d[i] - 1) * geometry.dilation[i] + 1;
    geometry.post.d[i] = std::max(geometry.post.d[i], needed - input[i + 2] - geometry.pre.d[i]);
  }
}

}  // namespace

Geometry geometry_of(const ConvolutionBase& layer, at::IntArrayRef input) {
  const int32_t rank = layer.spatial_rank();
  const Dims spatial(rank, input.data() + input.size() - static_cast<size_t>(rank));
  Geometry geometry{to_vector(layer.full_stride()), to_vector(layer.full_dilation()), {}, {}};
  layer.resolved_padding(spatial, &geometry.pre, &geometry.post);
  return geometry;
}

Geometry geometry_of(const ConvolutionBase& layer, at::IntArrayRef input, at::IntArrayRef output) {
  Geometry geometry = geometry_of(layer, input);
  extend_to_last_window(geometry, layer, input, output);
  return geometry;
}

Filter filter_of(const Request& request, at::IntArrayRef kernel_sizes, at::MemoryFormat format) {
  const auto& layer = request.layer<ConvolutionBase>();
  const at::ScalarType type = request.input(0).scalar_type();
  Filter filter;
  if (layer.getKernelWeights().count == 0) {
    filter.kernel = request.input(1);
    if (layer.own_input_count() > 2 && request.input(2).defined()) filter.bias = request.input(2);
  } else {
    filter.kernel = request.weights("kernel", layer.getKernelWeights(), kernel_sizes, format).to(type);
  }
  if (layer.getBiasWeights().count != 0) {
    filter.bias = request.weights("bias", layer.getBiasWeights(), {layer.getNbOutputMaps()}).to(type);
  }
  return filter;
}

at::DimVector kernel_sizes(const ConvolutionBase& layer, int64_t first, int64_t second) {
  at::DimVector sizes{first, second};
  sizes.append(layer.getKernelSizeNd().d, layer.getKernelSizeNd().d + layer.spatial_rank());
  return sizes;
}

// The last dimension comes first.
at::DimVector pad_amounts(const Dims& pre, const Dims& post, int64_t sign) {
  at::DimVector amounts;
  for (int32_t i = pre.nbDims - 1; i >= 0; --i) {
    amounts.push_back(sign * pre.d[i]);
    amounts.push_back(sign * post.d[i]);
  }
  return amounts;
}

namespace {

Decision supports(const network::ILayer& layer) {
  const auto& convolution = static_cast<const ConvolutionBase&>(layer);
  if (convolution.spatial_rank() < 1 || convolution.spatial_rank() > 3) {
    return Decision::no("convolves over 1 to 3 dimensions, not " + std::to_string(convolution.spatial_rank()));
  }
  return arithmetic_input(layer);
}

// at::convolution does not obey at::NoTF32Guard by itself.
at::Tensor convolve(const at::Tensor& x, const Filter& filter, bool with_bias, const Geometry& geometry,
                    at::IntArrayRef padding, bool transposed, at::IntArrayRef output_padding, int64_t groups) {
  const at::Context& context = at::globalContext();
  const bool deterministic = context.deterministicCuDNN() || context.deterministicAlgorithms();
  const bool tf32 = !at::NoTF32Guard::should_disable_tf32() && context.allowTF32CuDNN(at::Float32Op::CONV);
  return at::_convolution(x, filter.kernel, with_bias ? filter.bias : std::nullopt, geometry.stride, padding,
                          geometry.dilation, transposed, output_padding, groups, context.benchmarkCuDNN(),
                          deterministic, context.userEnabledCuDNN(), tf32);
}

Compute make_convolution(Request& request) {
  const auto& layer = request.layer<ConvolutionBase>();
  const at::Tensor x = request.input(0);
  const Geometry geometry = geometry_of(layer, x.sizes(), request.output().sizes());
  const int64_t groups = layer.getNbGroups();
  const Filter filter = filter_of(request, kernel_sizes(layer, layer.getNbOutputMaps(), x.size(1) / groups));
  const at::DimVector none(geometry.stride.size(), 0);
  const bool symmetric = geometry.pre == geometry.post;
  const at::DimVector padding = symmetric ? to_vector(geometry.pre) : none;
  const at::DimVector explicit_padding = symmetric ? at::DimVector() : pad_amounts(geometry.pre, geometry.post, 1);
  return [=, take = request.result_taker()] {
    const at::Tensor padded = explicit_padding.empty() ? x : at::constant_pad_nd(x, explicit_padding);
    take(convolve(padded, filter, /*with_bias=*/true, geometry, padding, /*transposed=*/false, none, groups));
  };
}

// PyTorch's own form: the end of the output is cut by less than its start, and by less than one step.
std::optional<at::DimVector> output_padding(const Geometry& geometry) {
  at::DimVector amounts;
  for (int32_t i = 0; i < geometry.pre.nbDims; ++i) {
    const int64_t amount = geometry.pre.d[i] - geometry.post.d[i];
    const int64_t limit = std::max(geometry.stride[static_cast<size_t>(i)], geometry.dilation[static_cast<size_t>(i)]);
    if (amount < 0 || amount >= limit || geometry.pre.d[i] < 0) return std::nullopt;
    amounts.push_back(amount);
  }
  return amounts;
}

// The dtype to compute a transposed convolution in: on a CPU, PyTorch rounds f16 and bf16 for each element of the
// kernel.
at::ScalarType transposed_type(const Request& request) {
  const at::ScalarType type = request.input(0).scalar_type();
  return request.device().is_cpu() && is_reduced_float(type) ? at::kFloat : type;
}

Filter converted(const Filter& filter, at::ScalarType type) {
  Filter result{filter.kernel.to(type), std::nullopt};
  if (filter.bias) result.bias = filter.bias->to(type);
  return result;
}

Compute make_deconvolution(Request& request) {
  const auto& layer = request.layer<ConvolutionBase>();
  const at::Tensor x = request.input(0);
  const Geometry geometry = geometry_of(layer, x.sizes());
  const int64_t groups = layer.getNbGroups();
  const Filter filter = filter_of(request, kernel_sizes(layer, x.size(1), layer.getNbOutputMaps() / groups));
  const at::ScalarType type = transposed_type(request);
  if (const auto extra = output_padding(geometry)) {
    return [=, padding = to_vector(geometry.pre), take = request.result_taker()] {
      take(convolve(x.to(type), converted(filter, type), /*with_bias=*/true, geometry, padding, /*transposed=*/true,
                    *extra, groups));
    };
  }
  // Compute the whole output, then cut off the padding (or add it where it is negative), then add the bias.
  const at::DimVector none(geometry.stride.size(), 0);
  at::DimVector bias_sizes(x.dim(), 1);
  bias_sizes[1] = layer.getNbOutputMaps();
  return [=, cut = pad_amounts(geometry.pre, geometry.post, -1), out = request.output()]() mutable {
    const Filter wide = converted(filter, type);
    at::Tensor full =
        convolve(x.to(type), wide, /*with_bias=*/false, geometry, none, /*transposed=*/true, none, groups);
    full = at::constant_pad_nd(full, cut);
    out.copy_(wide.bias ? at::add(full, wide.bias->view(bias_sizes)) : full);
  };
}

}  // namespace

const Row kConvolutionRow = {"aten.convolution", network::LayerType::kCONVOLUTION, supports, make_convolution};
const Row kDeconvolutionRow = {"aten.deconvolution", network::LayerType::kDECONVOLUTION, supports, make_deconvolution};

}  // namespace torch_tensorrt::engine::aten
