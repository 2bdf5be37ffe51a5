#pragma once

#include <cstddef>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

namespace torch_tensorrt::core::ir {

// Throws Error that lists the inputs unless there is one specification for each of them.
void check_spec_count(const std::vector<const torch::jit::Value*>& inputs, size_t specs);

}  // namespace torch_tensorrt::core::ir
