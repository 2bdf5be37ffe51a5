#pragma once

#include <optional>

#include "torch_tensorrt/core/network/layers/convolution.h"
#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/util/decision.h"

// The rows of the table, with one file for each family.
namespace torch_tensorrt::backends::tensorrt {

// movement.cpp
Decision supports_always(const network::ILayer& layer);
Decision supports_input(const network::ILayer& layer);
Decision supports_constant(const network::ILayer& layer);
Decision supports_slice(const network::ILayer& layer);
Decision supports_gather(const network::ILayer& layer);
Decision supports_scatter(const network::ILayer& layer);
Decision supports_cast(const network::ILayer& layer);
// pointwise.cpp
Decision supports_activation(const network::ILayer& layer);
Decision supports_elementwise(const network::ILayer& layer);
Decision supports_unary(const network::ILayer& layer);
// spatial.cpp
Decision supports_convolution(const network::ILayer& layer);
// Channels of the layer's input, from its dims or from the kernel; empty if neither is known.
std::optional<int64_t> input_channels(const network::ConvolutionBase& layer);
Decision supports_pooling(const network::ILayer& layer);
Decision supports_resize(const network::ILayer& layer);
Decision supports_grid_sample(const network::ILayer& layer);
// reductions.cpp
Decision supports_reduce(const network::ILayer& layer);
Decision supports_normalization(const network::ILayer& layer);
Decision supports_matrix_multiply(const network::ILayer& layer);
Decision supports_attention(const network::ILayer& layer);
Decision supports_recurrent(const network::ILayer& layer);
Decision supports_topk(const network::ILayer& layer);
Decision supports_cumulative(const network::ILayer& layer);

// The size of an axis of the layer's input 0 at the largest dims of the profiles; empty if unknown.
std::optional<int64_t> largest_size(const network::ILayer& layer, int32_t axis);
// The single value of all elements of a constant integer input; empty if there is none.
std::optional<int64_t> constant_integer(const network::ITensor* tensor);

}  // namespace torch_tensorrt::backends::tensorrt
