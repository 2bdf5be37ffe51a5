#pragma once

#include <cstddef>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

namespace torch_tensorrt::core::ir {

// Throws Error listing the inputs unless there is exactly one specification per input.
void check_spec_count(const std::vector<const torch::jit::Value*>& inputs, size_t specs);

}  // namespace torch_tensorrt::core::ir
