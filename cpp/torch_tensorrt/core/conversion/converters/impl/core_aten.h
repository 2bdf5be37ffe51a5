#pragma once

#include "torch_tensorrt/core/conversion/converters/impl/families.h"

namespace torch_tensorrt::core::conversion::converters {

// Operators that PyTorch's decompositions produce.
Family core_aten_family();

}  // namespace torch_tensorrt::core::conversion::converters
