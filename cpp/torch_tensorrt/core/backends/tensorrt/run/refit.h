#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "torch_tensorrt/core/engine/build/builder.h"

namespace torch_tensorrt::backends::tensorrt {

// Weights by the names that TensorRT knows them by.
using NamedWeights = std::map<std::string, network::Weights>;

// TensorRT's serialized engine with other weights. `before` and `after` are the network that it was built from and the
// new one, both after our passes with `settings`, those of that build. Throws Error where the engine cannot be
// refitted, and where the elements of weights have decided on what TensorRT was given.
std::string refit_serialized(std::string_view payload, const network::INetworkDefinition& before,
                             const network::INetworkDefinition& after, const engine::BuildSettings& settings);

// ---- parts of it that need no TensorRT ---------------------------------------------------------------------------

// Throws Error naming weights that one has and the other has not, or has in another number or dtype.
void check_same_weights(const NamedWeights& before, const NamedWeights& after);
// Those of the names, every one of which must be there. The others are of what TensorRT has computed or left out.
NamedWeights pick_weights(const NamedWeights& all, const std::vector<std::string>& names);

}  // namespace torch_tensorrt::backends::tensorrt
