#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "torch_tensorrt/core/engine/build/builder.h"

namespace torch_tensorrt::backends::tensorrt {

// Weights by their names in TensorRT.
using NamedWeights = std::map<std::string, network::Weights>;

// Replaces the weights in TensorRT's serialized engine. `before` and `after` are the network that it was built from and
// the new one, both after our passes with `settings`, the settings of that build. Throws Error if the engine cannot be
// refitted, or if elements of weights have decided on the layers given to TensorRT.
std::string refit_serialized(std::string_view payload, const network::INetworkDefinition& before,
                             const network::INetworkDefinition& after, const engine::BuildSettings& settings);

// ---- parts that need no TensorRT ---------------------------------------------------------------------------------

// Throws Error naming weights that only one of the two has, or that differ in number or dtype.
void check_same_weights(const NamedWeights& before, const NamedWeights& after);
// Picks the weights of these names, which must all be there. TensorRT has computed with the others, or left them out.
NamedWeights pick_weights(const NamedWeights& all, const std::vector<std::string>& names);

}  // namespace torch_tensorrt::backends::tensorrt
