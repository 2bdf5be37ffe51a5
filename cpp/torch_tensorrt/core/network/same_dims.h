#pragma once

#include "torch_tensorrt/core/network/tensor.h"

// Which dimensions have one size in every run. Two sizes that are unknown may differ, one of them being 1, and what
// reads both broadcasts them.
namespace torch_tensorrt::network {

// Both known and equal, or of one origin (dim_origin.h), or made of such by windows that leave as much.
bool is_same_size(const ITensor& a, int32_t axis_a, const ITensor& b, int32_t axis_b);
// The same for all dimensions.
bool have_same_dims(const ITensor& a, const ITensor& b);

}  // namespace torch_tensorrt::network
