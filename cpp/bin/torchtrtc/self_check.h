#pragma once

#include <string>
#include <vector>

#include "torch/script.h"

#include "torch_tensorrt/torch_tensorrt.h"

namespace torchtrtc {

// Runs both modules on random inputs of the inputs' opt (and, when dynamic, min and max) shapes and compares every
// tensor of the results (see difference). Returns one line a difference.
std::vector<std::string> self_check(torch::jit::Module& expected, torch::jit::Module& compiled,
                                    const std::vector<torch_tensorrt::Input>& inputs, double atol, double rtol);

}  // namespace torchtrtc
