#pragma once

#include <vector>

#include "torch_tensorrt/core/network/layer.h"
#include "torch_tensorrt/core/util/decision.h"

// What TensorRT takes, decided without TensorRT: the translation (translate/) must do all that is said here.
namespace torch_tensorrt::backends::tensorrt {

// One kind of layer.
struct SupportRow {
  network::LayerType type;
  Decision (*supports)(const network::ILayer& layer);
  const char* how;  // the layers of TensorRT that it becomes
};

// One row a kind, in the order of the kinds.
const std::vector<SupportRow>& support_table();

// The dtypes and dims of the layer's tensors, then its kind's row. No when the layer itself is broken.
Decision supports(const network::ILayer& layer);

// What TensorRT's numbers allow.
constexpr int32_t kMaxRank = 8;
constexpr int64_t kMaxVolume = (int64_t{1} << 31) - 1;
constexpr int64_t kMaxTopK = 3840;
// Longest axis of a running sum, which takes log2 of it steps.
constexpr int64_t kMaxCumulativeSize = int64_t{1} << 20;
// Integer powers are written out as products up to this exponent.
constexpr int64_t kMaxIntegerExponent = 16;

}  // namespace torch_tensorrt::backends::tensorrt
