#pragma once

#include <vector>

#include "torch_tensorrt/core/network/layer.h"
#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/network/types.h"
#include "torch_tensorrt/core/util/decision.h"

// Decides without TensorRT which layers it takes. The translation (translate/) must handle every layer with a yes.
namespace torch_tensorrt::backends::tensorrt {

// One kind of layer.
struct SupportRow {
  network::LayerType type;
  Decision (*supports)(const network::ILayer& layer);
  const char* how;  // the resulting layers of TensorRT
};

// One row for each kind of layer, in the order of the kinds.
const std::vector<SupportRow>& support_table();

// Checks the dtypes and dims of the layer's tensors, then the row of its kind. No if the layer itself is broken.
Decision supports(const network::ILayer& layer);

// TensorRT's limits.
constexpr int32_t kMaxRank = 8;
constexpr int64_t kMaxVolume = (int64_t{1} << 31) - 1;
constexpr int64_t kMaxTopK = 3840;
// Longest axis of a running sum, which takes log2(size) steps.
constexpr int64_t kMaxCumulativeSize = int64_t{1} << 20;
// Integer powers are written out as products up to this exponent.
constexpr int64_t kMaxIntegerExponent = 16;

// ---- rows of the table: support/ has one file a family --------------------------------------------------------------

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
Decision supports_pooling(const network::ILayer& layer);
Decision supports_resize(const network::ILayer& layer);
Decision supports_grid_sample(const network::ILayer& layer);
// reductions.cpp
Decision supports_reduce(const network::ILayer& layer);
Decision supports_normalization(const network::ILayer& layer);
Decision supports_topk(const network::ILayer& layer);
Decision supports_cumulative(const network::ILayer& layer);
// products.cpp
Decision supports_matrix_multiply(const network::ILayer& layer);
Decision supports_attention(const network::ILayer& layer);
Decision supports_recurrent(const network::ILayer& layer);

}  // namespace torch_tensorrt::backends::tensorrt
