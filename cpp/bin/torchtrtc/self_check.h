#pragma once

#include <optional>
#include <string>
#include <vector>

#include "torch/script.h"

#include "torch_tensorrt/torch_tensorrt.h"

namespace torchtrtc {

// Runs both modules on random inputs of the inputs' opt (and, when dynamic, min and max) shapes and compares every
// tensor of the results (see difference; no rtol: default_rtol of the tensor). Each gets its inputs where it is: the
// compiled one on its engine's device, the other with its parameters. Returns one line a difference.
std::vector<std::string> self_check(torch::jit::Module& expected, torch::jit::Module& compiled,
                                    const std::vector<torch_tensorrt::Input>& inputs, double atol,
                                    std::optional<double> rtol);

}  // namespace torchtrtc
