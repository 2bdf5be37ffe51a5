#pragma once

#include "torch_tensorrt/core/engine/tactic.h"

namespace torch_tensorrt::engine {

// Data for timing: numbers in [-1, 1) for f32, one half for other floats, 0 (a valid index of anything) for integers,
// or 1 where they are divided by. Host memory of desc.bytes().
void fill_for_timing(void* memory, const TensorDesc& desc, bool is_divisor = false);

}  // namespace torch_tensorrt::engine
