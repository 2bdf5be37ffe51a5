#pragma once

#include <vector>

#include "torch_tensorrt/core/network/layer.h"
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

}  // namespace torch_tensorrt::backends::tensorrt
