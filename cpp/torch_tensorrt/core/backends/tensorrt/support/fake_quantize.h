#pragma once

#include <optional>
#include <vector>

#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::backends::tensorrt {

// What PyTorch's fake_quantize operators become in our network:
//
//   (min(max(round(x * (1 / scale) + zero), low), high) - zero) * scale
//
// with a zero point of 0 (which may have been left out) and the range of a signed byte. TensorRT has layers for it, and
// computes in int8 what stands between two of them.
struct FakeQuantize {
  const network::ITensor* x = nullptr;
  std::vector<float> scale;  // one, or one an index of the axis
  int32_t axis = -1;         // -1: one scale for all
};

// The fake quantization that the layer, the last product of it, ends; none when it is something else.
std::optional<FakeQuantize> match_fake_quantize(const network::ILayer& layer);
bool has_fake_quantize(const network::INetworkDefinition& network);

}  // namespace torch_tensorrt::backends::tensorrt
