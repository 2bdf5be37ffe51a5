#pragma once

#include "torch_tensorrt/core/conversion/converters/converters.h"

namespace torch_tensorrt::core::conversion {

// Throws Error where PyTorch refuses a number argument of the node beside tensors of the arguments' dtypes: a number
// that the dtype does not hold, a negative power of integers. Asks PyTorch's operator itself, with small tensors.
// Numbers that PyTorch wraps around are no error.
void check_numbers(const torch::jit::Node* n, const converters::args& args);

}  // namespace torch_tensorrt::core::conversion
