#pragma once

#include <cstdint>
#include <vector>

#include "torch_tensorrt/core/engine/plan/plan.h"

// The record of its build in a plan, so that the engine can be built again, also with other weights.
namespace torch_tensorrt::engine {

// Call it with the network as the backend got it.
void record_build(Plan& plan, const network::INetworkDefinition& network, const BuildSettings& settings);

// Settings that build an engine like the plan's, by the same backend. Older plans do not record the precisions that
// their build allowed: every layer then computes in the dtypes of its tensors.
BuildSettings settings_like(const Plan& plan);

// One signature for each layer: a hash of its kind, its attributes without the elements of weights, its inputs, the
// formats of its outputs, and which of them are outputs of the network. The same in every process.
std::vector<uint64_t> layer_signatures(const network::INetworkDefinition& network);

}  // namespace torch_tensorrt::engine
