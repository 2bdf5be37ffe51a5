#pragma once

#include <memory>
#include <string>

#include "torch_tensorrt/core/engine/build/builder.h"

namespace torch_tensorrt::engine {

constexpr const char* kAutoBackend = "auto";
constexpr const char* kFastestBackend = "fastest";

// Network in, plan bytes out, by the backend that settings.backend asks for. Takes the network apart.
//   a name     that backend; Error when it is not available, or naming each layer that it does not take, with the
//              reasons and the user's lines
//   "auto"     of the available backends that take every layer the one with the highest preference; why others are
//              passed over is logged. Where its build fails the next one builds, with a warning that has the error
//   "fastest"  every backend that can builds; each engine is timed on the target at the opt dims; the quickest is kept,
//              and its notes record all times
std::string build_engine(std::shared_ptr<network::INetworkDefinition> network, const BuildSettings& settings,
                         BuildReport* report = nullptr);

// Whether the backend that is asked for takes every layer; "auto" and "fastest" ask those that are available, and ours.
// Looks at layers only: nothing is built, and a backend that is named need not be able to run here. The reason names
// the layers, with the user's lines.
Decision takes_layers(const network::INetworkDefinition& network, const std::string& backend,
                      const DeviceTarget& target);
// The same of one layer; the reason is the backend's (ours, where several are asked).
Decision takes_layer(const network::ILayer& layer, const std::string& backend, const DeviceTarget& target);

}  // namespace torch_tensorrt::engine
