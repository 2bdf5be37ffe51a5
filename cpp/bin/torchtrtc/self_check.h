#pragma once

#include <optional>
#include <string>
#include <vector>

#include "torch/script.h"

#include "torch_tensorrt/torch_tensorrt.h"

namespace torchtrtc {

// Runs both modules on random inputs at the opt shapes (and, if dynamic, at the min and max shapes) and compares every
// tensor of the results (see difference; without rtol: default_rtol of the tensor). The compiled module gets its inputs
// on its engine's device, the expected one on the device of its parameters. Returns one line per difference.
std::vector<std::string> self_check(torch::jit::Module& expected, torch::jit::Module& compiled,
                                    const std::vector<torch_tensorrt::Input>& inputs, double atol,
                                    std::optional<double> rtol);

}  // namespace torchtrtc
