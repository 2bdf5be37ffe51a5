#pragma once

#include <cstdint>
#include <vector>

#include "torch_tensorrt/core/engine/plan/plan.h"

// What a plan keeps of its build, so that the engine can be built again, also with other weights.
namespace torch_tensorrt::engine {

// Called with the network as the backend was handed it.
void record_build(Plan& plan, const network::INetworkDefinition& network, const BuildSettings& settings);

// Settings that build an engine like the plan's, by the same backend. Older plans do not say which precisions their
// build was allowed: every layer then computes in the dtypes of its tensors.
BuildSettings settings_like(const Plan& plan);

// One number a layer: its kind, its attributes without the elements of weights, what it reads, the formats of its
// outputs, and which of them are the network's. The same in every process.
std::vector<uint64_t> layer_signatures(const network::INetworkDefinition& network);

}  // namespace torch_tensorrt::engine
