#pragma once

#include <cstdint>
#include <optional>

#include "torch_tensorrt/core/engine/tactics/tactic.h"

namespace torch_tensorrt::engine {

// Whether both have the same memory layout: equal formats, or formats that differ only in dimensions of size 1.
bool same_layout(const TensorDesc& a, const TensorDesc& b);

// Whether the output of the layer, dense in its format, is the memory of input 0: identities, casts and reformats that
// change nothing, and shuffles that move no element.
bool is_view(const network::ILayer& layer, const TensorDesc& input, const TensorDesc& output);

// An output that lies in the memory of input 0.
struct View {
  network::Dims strides;     // in elements
  int64_t offset_bytes = 0;  // of its first element from that of the input
};

// The view that a shuffle is, or a slice that steps forwards within its input. Empty for other layers, and where
// elements have to move.
std::optional<View> find_view(const LayerInstance& instance);

}  // namespace torch_tensorrt::engine
