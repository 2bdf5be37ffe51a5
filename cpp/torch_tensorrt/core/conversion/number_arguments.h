#pragma once

#include "torch_tensorrt/core/conversion/converters/NodeConverterRegistry.h"

namespace torch_tensorrt::core::conversion {

// Throws Error if PyTorch would refuse a number argument of the node together with these tensor dtypes: a number that
// the dtype cannot hold, or a negative power of integers. Runs PyTorch's own operator on small tensors to find out.
// Numbers that PyTorch wraps around are no error.
void check_numbers(const torch::jit::Node* n, const converters::args& args);

}  // namespace torch_tensorrt::core::conversion
