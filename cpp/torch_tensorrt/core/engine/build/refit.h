#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/plan/plan.h"

// Records in a plan how it was built, and makes engines like others, with other weights.
namespace torch_tensorrt::engine {

// Enters the settings and the signatures. Call it with the network as the backend got it.
void record_build(Plan& plan, const network::INetworkDefinition& network, const BuildSettings& settings);

// Settings that build an engine like the plan's, by the same backend. Older plans do not record the precisions that
// their build allowed: every layer then computes in the dtypes of its tensors.
BuildSettings settings_like(const Plan& plan);

// One signature for each layer: a hash of its kind, its attributes without the elements of weights, its inputs, the
// formats of its outputs, and which of them are outputs of the network. The same in every process.
std::vector<uint64_t> layer_signatures(const network::INetworkDefinition& network);

// Throws Error naming every parameter that is missing, superfluous, or of another shape or dtype than in the module
// that was compiled. The second form takes the parameters of the plan's module, and throws also for plans of older
// libraries, which do not record them.
void check_parameters(const std::vector<Parameter>& made_with, const std::vector<Parameter>& given);
void check_parameters(const Plan& plan, const std::vector<Parameter>& given);

// Throws Error naming the first input that has another range of shapes in the network than in the plan. In the middle
// of a module, sizes may depend on the values of weights.
void check_same_ranges(const Plan& plan, const network::INetworkDefinition& network);

// Returns the bytes of an engine like the plan's, for the same ranges of inputs, with the weights of `network`, built
// by the plan's backend. Takes the network apart. Throws Error naming the first layer that differs from the network
// that the plan was built from.
std::string refit_engine(const Plan& plan, std::shared_ptr<network::INetworkDefinition> network);

}  // namespace torch_tensorrt::engine
