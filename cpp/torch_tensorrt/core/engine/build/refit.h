#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/plan/plan.h"

// Engines like others, with other weights.
namespace torch_tensorrt::engine {

// Throws Error naming every parameter that is missing, too many, or of another shape or dtype than in the module that
// the plan was made of; and for plans of older libraries, which do not say.
void check_parameters(const Plan& plan, const std::vector<Parameter>& given);

// The bytes of an engine like the plan's, for the same ranges of inputs, with the weights of `network`, by the backend
// that built the plan. Takes the network apart. Throws Error naming the first layer that is not as in the network that
// the plan was built from.
std::string refit_engine(const Plan& plan, std::shared_ptr<network::INetworkDefinition> network);

}  // namespace torch_tensorrt::engine
