#pragma once

#include <optional>
#include <vector>

#include "torch_tensorrt/core/network/layer.h"
#include "torch_tensorrt/core/network/layers/convolution.h"
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

// ---- rows of the table, with one file for each family --------------------------------------------------------------

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

// ---- transposes (movement.cpp) -------------------------------------------------------------------------------------

// A transpose as one of fewer dimensions: remove the dimensions `units`, which have size 1; transpose by `order`;
// insert dimensions of size 1 at `added` (indices in the result).
struct UnitTranspose {
  std::vector<int32_t> units;
  std::vector<int32_t> order;
  std::vector<int32_t> added;
};

// TensorRT 10.6 gives wrong matrix products behind a transpose of 5 dimensions or more that keeps one of size 1 in the
// middle ([2x1x16x49x32] by 0, 1, 3, 2, 4). They are right if such dimensions are removed for the transpose.
bool transposes_wrongly(const std::vector<int64_t>& dims);
UnitTranspose without_units(const std::vector<int64_t>& dims, const network::Permutation& order);

}  // namespace torch_tensorrt::backends::tensorrt
