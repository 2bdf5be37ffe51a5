#pragma once

#include <cstdint>

#include "torch_tensorrt/core/network/layer.h"

// Equality of layers by kind and attributes. Names, sources and inputs have no part in it.
namespace torch_tensorrt::network {

// The same in every process on every machine of one byte order. Without the values, weights count by dtype and number
// of elements alone: what a timing depends on.
uint64_t hash_layer(const ILayer& layer, bool with_weight_values);

// Weights are compared byte for byte.
bool same_attributes(const ILayer& a, const ILayer& b);

}  // namespace torch_tensorrt::network
