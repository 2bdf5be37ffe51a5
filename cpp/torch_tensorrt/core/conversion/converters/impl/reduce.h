#pragma once

#include <cstdint>

#include "torch_tensorrt/core/conversion/converters/impl/layers.h"

namespace torch_tensorrt::core::conversion::converters {

// An empty dimension has no extreme, even if the result has no elements. Throws Error naming the dimension.
void check_not_empty(const torch::jit::Node* n, const ITensor* x, uint32_t axes);

}  // namespace torch_tensorrt::core::conversion::converters
