#pragma once

#include <optional>
#include <string>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::core {

// Whether the method can be compiled, judged by its module and its signature only: the module runs no engines already,
// the results hold no dicts, and every argument without a default is a tensor, or a tuple or list of tensors. `given`:
// the number of leading arguments that inputs are given for; unset if unknown.
Decision check_module(const torch::jit::Module& mod, const std::string& method, std::optional<size_t> given);

}  // namespace torch_tensorrt::core
