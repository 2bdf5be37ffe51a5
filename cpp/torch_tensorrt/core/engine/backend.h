#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/builder.h"
#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::engine {

// Takes a whole network and gives bytes. Ours ("native") is one; others are libraries found by name.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual const char* name() const = 0;
  // What was looked for and where, when the answer is no.
  virtual Decision available(const DeviceTarget& device) const = 0;
  // Asked before anything is built.
  virtual Decision supports(const network::ILayer& layer, const DeviceTarget& device) const = 0;
  virtual std::string build(std::shared_ptr<network::INetworkDefinition> network, const BuildSettings& settings,
                            BuildReport* report) const = 0;
};

// The backend of that name. Throws Error listing the known ones.
const Backend& find_backend(const std::string& name);
std::vector<const Backend*> backends();
void register_backend(std::unique_ptr<Backend> backend);

}  // namespace torch_tensorrt::engine
