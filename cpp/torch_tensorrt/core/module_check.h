#pragma once

#include <optional>
#include <string>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::core {

// Whether the method is one to compile, as far as its module and its signature tell: the module does not run engines
// already, its results hold no dicts, and its arguments are tensors, or tuples and lists of them, aside from those that
// have defaults. `given`: for how many arguments, from the first on, there are inputs; unset: not known.
Decision check_module(const torch::jit::Module& mod, const std::string& method, std::optional<size_t> given);

}  // namespace torch_tensorrt::core
