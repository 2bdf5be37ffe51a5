#pragma once

#include "torch_tensorrt/core/network/network.h"

// What layers make of the format of their tensors.
namespace torch_tensorrt::optimizer {

enum class FormatRole {
  kAnchor,      // much faster in the activation format; brings it into the network
  kAgnostic,    // runs in whatever format its inputs are in
  kLinear,      // takes and gives row-major tensors
  kIndifferent  // looks at no elements, or says its formats itself (inputs, constants, reorders)
};

// By the layer's kind, attributes and ranks, before any tactic is asked.
FormatRole role_of(const network::ILayer& layer, network::TensorFormat format);

// Whether the input is one of those that share the format of the result. The others (kernels, indices, sizes, scales of
// a normalization) are row-major, constants always are.
bool carries_format(const network::ILayer& layer, int32_t input);

// Whether the layer reads the tensor in the format as well as row-major, because no element would move: a reshape of
// N, C, 1, 1, or the transpose that makes channels-last memory row-major.
bool reads_in_place(const network::ILayer& layer, network::TensorFormat format);

// Whether the result of a layer that reads row-major tensors lies in the format when no element moves: the transpose of
// N, H, W, C to N, C, H, W gives channels-last memory.
bool writes_in_place(const network::ILayer& layer, network::TensorFormat format);

// Formats need a batch, channels and at least one more dimension.
bool has_channels(const network::ITensor& tensor);

}  // namespace torch_tensorrt::optimizer
