#pragma once

#include <cstdint>
#include <vector>

#include "torch_tensorrt/core/network/types.h"

// How a reshape specification and the dims of the input decide the dims of the output.
namespace torch_tensorrt::network {

// An entry of `spec` is a size, -1 (inferred, at most one), 0 (the input's dimension of that index if
// `zero_is_placeholder`, else an empty one), or ShapeValue::kUnknown (any of these, known only at run time).
// A dim of the result is -1 if it cannot be known yet. Throws Error with both dims if the volumes differ.
Dims resolve_reshape(const Dims& input, const std::vector<int64_t>& spec, bool zero_is_placeholder);

// Whether a reshape between the two dims moves and renames nothing, for any values of the -1s at run time.
bool same_dims_always(const Dims& a, const Dims& b);

}  // namespace torch_tensorrt::network
