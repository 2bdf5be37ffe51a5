#pragma once

#include <optional>
#include <vector>

#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::backends::tensorrt {

// The form of PyTorch's fake_quantize operators in our network:
//
//   (min(max(round(x * (1 / scale) + zero), low), high) - zero) * scale
//
// with a zero point of 0 (which may be left out) and the range of a signed byte. TensorRT has layers for this, and
// computes the layers between two of them in int8.
struct FakeQuantize {
  const network::ITensor* x = nullptr;
  std::vector<float> scale;  // one, or one for each index of the axis
  int32_t axis = -1;         // -1: one scale for all
};

// The fake quantization whose last product is this layer; empty if the layer is something else.
std::optional<FakeQuantize> match_fake_quantize(const network::ILayer& layer);
bool has_fake_quantize(const network::INetworkDefinition& network);

}  // namespace torch_tensorrt::backends::tensorrt
