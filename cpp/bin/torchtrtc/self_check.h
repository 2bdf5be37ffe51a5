#pragma once

#include <string>
#include <vector>

#include "torch/script.h"

#include "torch_tensorrt/torch_tensorrt.h"

namespace torchtrtc {

// Runs both modules on random inputs of the inputs' opt (and, when dynamic, min and max) shapes and compares every
// tensor of the results. Returns one line a difference; empty when max|a - b| <= atol + rtol * max|b| for each (b from
// the expected module; relative to the largest element, since small elements of a sum carry its whole rounding error).
std::vector<std::string> self_check(torch::jit::Module& expected, torch::jit::Module& compiled,
                                    const std::vector<torch_tensorrt::Input>& inputs, double atol, double rtol);

}  // namespace torchtrtc
