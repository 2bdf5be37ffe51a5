#pragma once

#include <memory>
#include <vector>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/build_settings.h"
#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/runtime/TRTEngine.h"

// Replaces the weights of compiled modules.
namespace torch_tensorrt::core {

// Parameters of the module and its submodules, with the properties that a refit must not change.
std::vector<engine::Parameter> parameters_of(const torch::jit::Module& mod);

// Whether lowering must not fold parameters into the graph (lowering::LowerInfo): a refit may replace them later, or
// the backend looks for the operators that quantize them. The names of tensors differ between both forms of a graph, so
// calibration, and the builds that use it, have the same form.
inline bool keeps_parameters_apart(const engine::BuildSettings& settings) {
  return settings.refit || settings.enabled_precisions.count(network::DataType::kINT8) != 0 ||
         !settings.calibration.empty();
}

// An engine like the given one, with the weights of the network. Throws Error naming the first layer that differs.
c10::intrusive_ptr<runtime::TRTEngine> refitted_engine(const runtime::TRTEngine& engine,
                                                       std::shared_ptr<network::INetworkDefinition> network);

// A module like `compiled`, made by CompileGraph or EmbedEngineInNewModule, with the weights of `mod`. Does not change
// `compiled`. `mod` must have the code of the compiled module; its method of the same name is used. A hybrid module is
// made of `mod`, as CompileGraph does: it has the state and the other methods of `mod`. Throws Error naming the
// parameters, the first operation, or the first layer, that differ.
torch::jit::Module RefitModule(const torch::jit::Module& compiled, const torch::jit::Module& mod);

}  // namespace torch_tensorrt::core
