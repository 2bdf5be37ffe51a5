#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "torch_tensorrt/core/engine/tactics/aten/tactic.h"

// Parts of convolutions that several tactics use.
namespace torch_tensorrt::engine::aten {

// Strides, dilations and padding of the spatial dimensions.
struct Geometry {
  at::DimVector stride;
  at::DimVector dilation;
  network::Dims pre;
  network::Dims post;
};

inline at::DimVector to_vector(const network::Dims& dims) { return at::DimVector(dims.d, dims.d + dims.nbDims); }

// `input` and `output` are the sizes of the tensors; with `output`, the padding reaches to the last window.
Geometry geometry_of(const network::ConvolutionBase& layer, at::IntArrayRef input);
Geometry geometry_of(const network::ConvolutionBase& layer, at::IntArrayRef input, at::IntArrayRef output);

// Kernel and bias: constants of the layer, or its inputs 1 and 2.
struct Filter {
  at::Tensor kernel;
  std::optional<at::Tensor> bias;
};
Filter filter_of(const Request& request, at::IntArrayRef kernel_sizes,
                 at::MemoryFormat format = at::MemoryFormat::Contiguous);

// Amounts for constant_pad_nd, times the sign.
at::DimVector pad_amounts(const network::Dims& pre, const network::Dims& post, int64_t sign);

// Sizes of the kernel: the two given, then the spatial ones.
at::DimVector kernel_sizes(const network::ConvolutionBase& layer, int64_t first, int64_t second);

}  // namespace torch_tensorrt::engine::aten
