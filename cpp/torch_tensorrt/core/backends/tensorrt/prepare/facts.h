#pragma once

#include <cstdint>
#include <optional>
#include <unordered_set>
#include <vector>

#include "torch_tensorrt/core/network/layers/convolution.h"
#include "torch_tensorrt/core/network/network.h"

// Facts of a network, beyond those of a layer's class, that decide whether and how TensorRT takes its layers.
namespace torch_tensorrt::backends::tensorrt {

// The single value of all elements of a constant integer input; empty if there is none.
std::optional<int64_t> constant_integer(const network::ITensor* tensor);
// The size of an axis of the layer's input 0 at the largest dims of the profiles; empty if unknown.
std::optional<int64_t> largest_size(const network::ILayer& layer, int32_t axis);
// Channels of the layer's input, from its dims or from the kernel; empty if neither is known.
std::optional<int64_t> input_channels(const network::ConvolutionBase& layer);

// Layers whose float results depend on integers alone: casts of integers, and layers computed from them and constants,
// such as positions in a sequence and their angles. Half precision would not keep the integers apart: above 2048, f16
// has only even ones.
std::unordered_set<const network::ILayer*> layers_on_whole_numbers(const network::INetworkDefinition& network);

// Whether element-wise layers compute the layer's input 0 from a running result, or from a slice beyond the edges of a
// tensor, as padding is. TensorRT 10.6 gives wrong results if it reduces several dimensions of this input at once
// (a 2x4 tensor of cumsum(x, 1) > 0.5), and if it normalizes this input.
bool follows_moved_copy(const network::ILayer& layer);

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
