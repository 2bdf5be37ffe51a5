#pragma once

#include <optional>
#include <string>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/conversion/conversion.h"
#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::core {

// Whether an argument of the type holds tensors only, by themselves or in tuples and lists.
bool takes_tensors(const c10::TypePtr& type);
// Whether the module and its submodules run no engines already.
Decision check_is_new(const torch::jit::Module& mod);
// Throws Error listing the module's methods if it has none of the name.
void check_method(const torch::jit::Module& mod, const std::string& method);
// Whether a method runs engines that are constants of its graph: torch.jit.freeze makes them so.
bool has_frozen_engines(const torch::jit::Module& mod);
// Whether the method can be one engine, judged by its module and its signature only: the module runs no engines
// already, the results hold no dicts, and every argument without a default is a tensor, or a tuple or list of tensors.
// `given`: the number of leading arguments that inputs are given for; unset if unknown.
Decision check_module(const torch::jit::Module& mod, const std::string& method, std::optional<size_t> given);

// Whether the block converts to a network for these inputs, and the requested backend accepts every layer. Builds
// nothing. The reason is the Error that the conversion would throw.
Decision check_block(const torch::jit::Block* b, const conversion::ConversionInfo& info,
                     ir::StaticParams& static_params);
// Whether the requested backend accepts the node's layers, as far as the node alone tells.
Decision backend_decision(const torch::jit::Node* n, const engine::BuildSettings& settings);

}  // namespace torch_tensorrt::core
