#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/build/builder.h"

namespace torch_tensorrt::engine {

constexpr const char* kAutoBackend = "auto";
constexpr const char* kFastestBackend = "fastest";

// Builds plan bytes from a network with the backend that settings.backend asks for. Takes the network apart.
//   a name     that backend. Error if it is not available, or naming each layer that it does not take, with the
//              reasons and the user's lines
//   "auto"     the available backend with the highest preference of those that take every layer. The log says why
//              others are passed over. If its build fails, the next one builds, with a warning that has the error
//   "fastest"  every able backend builds; each engine is timed on the target at the opt dims; the fastest is kept,
//              and its notes record all times
std::string build_engine(std::shared_ptr<network::INetworkDefinition> network, const BuildSettings& settings,
                         BuildReport* report = nullptr);

// The names of the backends that can build and run on the device, the preferred first.
std::vector<std::string> available_backends(const DeviceTarget& target);

// Whether the backend that is asked for takes every layer; "auto" and "fastest" ask the available backends and ours.
// Looks at layers only: nothing is built, and a named backend need not be able to run here. The reason names the
// layers, with the user's lines.
Decision takes_layers(const network::INetworkDefinition& network, const std::string& backend,
                      const DeviceTarget& target);
// Whether each layer has a backend that takes it. The reason is that of the first layer that no backend takes (ours,
// where several are asked), without its name.
Decision takes_each_layer(const network::INetworkDefinition& network, const std::string& backend,
                          const DeviceTarget& target);
// Whether a backend takes the layer alone.
Decision takes_layer(const network::ILayer& layer, const std::string& backend, const DeviceTarget& target);

}  // namespace torch_tensorrt::engine
