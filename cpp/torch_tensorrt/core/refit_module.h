#pragma once

#include <vector>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/engine/build/build_settings.h"

// Compiled modules with other weights.
namespace torch_tensorrt::core {

// Of the module and those inside it: what must be the same in a module whose weights are to take their place.
std::vector<engine::Parameter> parameters_of(const torch::jit::Module& mod);

// Whether lowering must not fold parameters into the graph (lowering::LowerInfo): they may be replaced later, or a
// backend looks for what quantizes them.
template <typename BuildSettings>
bool keeps_parameters_apart(const BuildSettings& settings) {
  return settings.refit || settings.enabled_precisions.count(network::DataType::kINT8) != 0;
}

// A module like `compiled`, which CompileGraph or EmbedEngineInNewModule made and which is not changed, with the
// weights of `mod`: a module with the code of the one that was compiled, of which the same method is taken. Throws
// Error naming the parameters, or the first layer, that are not the same.
torch::jit::Module RefitModule(const torch::jit::Module& compiled, const torch::jit::Module& mod);

}  // namespace torch_tensorrt::core
