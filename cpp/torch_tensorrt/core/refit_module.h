#pragma once

#include <vector>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/build_settings.h"

// Replaces the weights of compiled modules.
namespace torch_tensorrt::core {

// Parameters of the module and its submodules, with the properties that a refit must not change.
std::vector<engine::Parameter> parameters_of(const torch::jit::Module& mod);

// Whether lowering must not fold parameters into the graph (lowering::LowerInfo): a refit may replace them later, or
// the backend looks for the operators that quantize them.
inline bool keeps_parameters_apart(const engine::BuildSettings& settings) {
  return settings.refit || settings.enabled_precisions.count(network::DataType::kINT8) != 0;
}

// Copies `compiled`, made by CompileGraph or EmbedEngineInNewModule, with the weights of `mod`. Does not change
// `compiled`. `mod` must have the code of the compiled module; its method of the same name is used. Throws Error naming
// the parameters, or the first layer, that differ.
torch::jit::Module RefitModule(const torch::jit::Module& compiled, const torch::jit::Module& mod);

}  // namespace torch_tensorrt::core
