#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "torch_tensorrt/core/engine/backend/build_failed.h"
#include "torch_tensorrt/core/engine/backend/executable.h"
#include "torch_tensorrt/core/engine/build/builder.h"
#include "torch_tensorrt/core/engine/plan/plan.h"

namespace torch_tensorrt::engine {

// A layer that a backend does not take, with the reason.
struct Refusal {
  const network::ILayer* layer;
  std::string reason;
};

// Builds a whole network into plan bytes, and loads plan bytes as something that runs. Our own backend is "native"; the
// others are separate libraries, found by name and loaded on demand. Immutable and shared by threads.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual const char* name() const = 0;
  // "auto" takes the available backend with the highest preference. Ours has 0.
  virtual int32_t preference() const { return 0; }
  // Whether the backend can build and run here. The reason of a no says what was looked for, where, and which version
  // was found. After a yes, version() has the version found.
  virtual Decision available(const DeviceTarget& device) const = 0;
  // "TensorRT 10.6.0". Undefined before available() has returned yes.
  virtual std::string version() const = 0;
  // Whether the backend takes the layer. Asked before anything is built.
  virtual Decision supports(const network::ILayer& layer, const DeviceTarget& device) const = 0;
  // The layers of the network that the backend does not take, in order: alone, or for what other layers compute.
  virtual std::vector<Refusal> refusals(const network::INetworkDefinition& network, const DeviceTarget& device) const;
  // Returns plan bytes. Takes the network apart. Throws Error naming the layer that cannot be built, and BuildFailed.
  virtual std::string build(std::shared_ptr<network::INetworkDefinition> network, const BuildSettings& settings,
                            BuildReport* report) const = 0;
  // Returns the bytes of an engine like that of `plan`, a plan of this backend, with the weights of `network`. The
  // network has the layers that the plan was built from; `settings` are those of that build. Takes the network apart. A
  // backend that cannot replace weights builds again.
  virtual std::string refit(const Plan& plan, std::shared_ptr<network::INetworkDefinition> network,
                            const BuildSettings& settings) const;
  // Loads a plan of this backend. Throws Error if the plan cannot run here (another version, another GPU).
  virtual std::shared_ptr<Executable> load(std::shared_ptr<const Plan> plan) const = 0;
  // Whether bytes that are no plan of ours are an engine in this backend's own form. load() then gets a plan with these
  // bytes as its payload, and without a network.
  virtual bool recognizes(std::string_view bytes) const {
    (void)bytes;
    return false;
  }
};

// Finds the backend of that name, and loads libtorchtrt_NAME.so from beside this library if it is not known yet. Throws
// Error listing the known backends and the folders searched.
const Backend& find_backend(const std::string& name);
// All known backends, and those whose libraries lie beside this one; ours first. Warns of a library that fails to load.
std::vector<const Backend*> backends();
// Throws Error when the name is taken.
void register_backend(std::unique_ptr<Backend> backend);

// The function that a backend's library exports, as extern "C".
using MakeBackend = Backend* (*)();
constexpr const char* kMakeBackendSymbol = "torchtrt_make_backend";

// For a backend's build(): the bytes of a plan that holds the backend's payload beside the portable network with all
// its weights, so that the engine can be built again where the payload cannot run.
std::string wrap_payload(const Backend& backend, std::shared_ptr<network::INetworkDefinition> network,
                         const BuildSettings& settings, std::string payload, std::vector<std::string> notes = {});

}  // namespace torch_tensorrt::engine
