#pragma once

#include "torch_tensorrt/core/engine/tactics/tactic.h"

namespace torch_tensorrt::engine {

// Whether both have the same memory layout: equal formats, or formats that differ only in dimensions of size 1.
bool same_layout(const TensorDesc& a, const TensorDesc& b);

// Whether the output of the layer views the memory of input 0: identities, casts and reformats that change nothing, and
// shuffles that move no element.
bool is_view(const network::ILayer& layer, const TensorDesc& input, const TensorDesc& output);

}  // namespace torch_tensorrt::engine
