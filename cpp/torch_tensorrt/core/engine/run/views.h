#pragma once

#include "torch_tensorrt/core/engine/tactics/tactic.h"

namespace torch_tensorrt::engine {

// Whether both lay the same dims out in the same way: their formats are one, or differ only in dimensions of size 1.
bool same_layout(const TensorDesc& a, const TensorDesc& b);

// Whether the output of the layer is the memory of input 0, seen otherwise: identity, cast and reformat that change
// nothing, and shuffles that move no element.
bool is_view(const network::ILayer& layer, const TensorDesc& input, const TensorDesc& output);

}  // namespace torch_tensorrt::engine
