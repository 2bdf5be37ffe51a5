#pragma once

#include <vector>

#include "torch_tensorrt/core/conversion/converters/NodeConverterRegistry.h"

namespace torch_tensorrt::core::conversion::converters {

// The built-in converters, with the full schemas of the running PyTorch.
std::vector<ConversionPattern> builtin_patterns();

}  // namespace torch_tensorrt::core::conversion::converters
