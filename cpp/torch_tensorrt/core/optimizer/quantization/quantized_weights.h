#pragma once

#include <cstdint>
#include <vector>

#include "torch_tensorrt/core/network/network.h"

// Weights as 8-bit integers, for the passes of this folder.
namespace torch_tensorrt::optimizer {

// A kernel as 8-bit integers, with a scale for each output map.
struct QuantizedKernel {
  std::vector<int8_t> elements;
  std::vector<float> scales;
};

// Symmetric. Map m has the elements at m * map_step + i * step.
QuantizedKernel quantize_maps(const network::Weights& weights, int64_t maps, int64_t map_step, int64_t step);

// The constant weights of a convolution or product: f32, or a count of 0.
network::Weights weights_of(const network::ILayer& layer);
bool are_finite(const network::Weights& weights);
// Whether another reader keeps a large constant in f32: an embedding that is tied to the output layer.
bool is_kept_for_others(const network::ILayer& layer);

}  // namespace torch_tensorrt::optimizer
