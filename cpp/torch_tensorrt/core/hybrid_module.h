#pragma once

#include <string>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/compiler.h"

// Modules that run as much as pays in engines, and the rest in PyTorch.
namespace torch_tensorrt::core {

// A copy of the module whose method runs engines where it can. It has the method's signature and results, and keeps the
// module's state and its other methods. Logs what PyTorch runs, and why. Throws Error if the method fails for the
// declared inputs, with the error of that node.
torch::jit::Module make_hybrid_module(const torch::jit::Module& mod, const std::string& method, const CompileSpec& cfg);

}  // namespace torch_tensorrt::core
