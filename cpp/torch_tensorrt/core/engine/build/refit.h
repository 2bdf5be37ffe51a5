#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/plan/plan.h"

// Makes engines like others, with other weights.
namespace torch_tensorrt::engine {

// Throws Error naming every parameter that is missing, superfluous, or of another shape or dtype than in the plan's
// module. Throws also for plans of older libraries, which do not record their parameters.
void check_parameters(const Plan& plan, const std::vector<Parameter>& given);

// Returns the bytes of an engine like the plan's, for the same ranges of inputs, with the weights of `network`, built
// by the plan's backend. Takes the network apart. Throws Error naming the first layer that differs from the network
// that the plan was built from.
std::string refit_engine(const Plan& plan, std::shared_ptr<network::INetworkDefinition> network);

}  // namespace torch_tensorrt::engine
