#pragma once

#include "torch_tensorrt/core/network/network.h"

// How layers treat the format of their tensors.
namespace torch_tensorrt::optimizer {

enum class FormatRole {
  kAnchor,      // much faster in the activation format; brings it into the network
  kAgnostic,    // runs in any format that its inputs have
  kLinear,      // reads and writes row-major tensors
  kIndifferent  // reads no elements, or sets its formats itself (inputs, constants, reorders)
};

// Decided by the layer's kind, attributes and ranks, before any tactic is asked.
FormatRole role_of(const network::ILayer& layer, network::TensorFormat format);

// Whether the input shares the format of the result. Other inputs (kernels, indices, sizes, scales of a normalization)
// are row-major, and so are all constants.
bool carries_format(const network::ILayer& layer, int32_t input);

// Whether the layer reads the tensor in the format as well as in row-major order, because no element would move: a
// reshape of N, C, 1, 1, or the transpose that makes channels-last memory row-major.
bool reads_in_place(const network::ILayer& layer, network::TensorFormat format);

// Whether a layer that reads row-major tensors gives its result in the format because no element moves: the transpose
// of N, H, W, C to N, C, H, W gives channels-last memory.
bool writes_in_place(const network::ILayer& layer, network::TensorFormat format);

// Formats need a batch, channels and at least one more dimension.
bool has_channels(const network::ITensor& tensor);

}  // namespace torch_tensorrt::optimizer
