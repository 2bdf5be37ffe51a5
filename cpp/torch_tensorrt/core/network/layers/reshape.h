#pragma once

#include <cstdint>
#include <vector>

#include "torch_tensorrt/core/network/types.h"

// The rules by which a reshape specification and the dims of the input give the dims of the output.
namespace torch_tensorrt::network {

// `spec` entries: a size, -1 (inferred, at most one), 0 (the input's dimension of that place when
// `zero_is_placeholder`, else an empty one), or ShapeValue::kUnknown (any of these, known only at run time).
// The result has -1 where a dimension cannot be known yet. Throws Error with both dims when the volumes differ.
Dims resolve_reshape(const Dims& input, const std::vector<int64_t>& spec, bool zero_is_placeholder);

}  // namespace torch_tensorrt::network
