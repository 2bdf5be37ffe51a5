#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "torch_tensorrt/core/engine/backend/executable.h"
#include "torch_tensorrt/core/engine/build/builder.h"
#include "torch_tensorrt/core/engine/plan/plan.h"

namespace torch_tensorrt::engine {

// Takes a whole network and gives bytes, and makes of the bytes something that runs. Ours ("native") is one; the others
// are libraries of their own, found by name and loaded on demand. Immutable and shared by threads.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual const char* name() const = 0;
  // When the choice is left to us ("auto"), the available backend with the highest preference is taken. Ours has 0.
  virtual int32_t preference() const { return 0; }
  // Whether it can build and run here. The reason says what was looked for, where, and which version was found; yes
  // has in version() what was found.
  virtual Decision available(const DeviceTarget& device) const = 0;
  // "TensorRT 10.6.0"; of no meaning before available() said yes.
  virtual std::string version() const = 0;
  // Whether it takes the layer. Asked before anything is built.
  virtual Decision supports(const network::ILayer& layer, const DeviceTarget& device) const = 0;
  // Plan bytes. Takes the network apart. Throws Error naming the layer that cannot be built.
  virtual std::string build(std::shared_ptr<network::INetworkDefinition> network, const BuildSettings& settings,
                            BuildReport* report) const = 0;
  // Plan bytes of an engine like that of a plan of this backend, with the weights of `network`, which has the layers
  // that the plan was built from; `settings` are those of that build. Takes the network apart. Where a backend has no
  // way to replace weights, this is a build.
  virtual std::string refit(const Plan& plan, std::shared_ptr<network::INetworkDefinition> network,
                            const BuildSettings& settings) const;
  // Makes a plan of this backend's run. Throws Error when it cannot run here (another version, another GPU).
  virtual std::shared_ptr<Executable> load(std::shared_ptr<const Plan> plan) const = 0;
  // Whether bytes that are no plan of ours are an engine in this backend's own form; load() then gets a plan that has
  // them as its payload, and no network.
  virtual bool recognises(std::string_view bytes) const {
    (void)bytes;
    return false;
  }
};

// The backend of that name, loading libtorchtrt_NAME.so from beside this library when it is not known yet. Throws Error
// that lists the known ones and says where was looked.
const Backend& find_backend(const std::string& name);
// All that are known, or whose libraries lie beside this one; ours first. A library that does not load is warned of.
std::vector<const Backend*> backends();
// Throws Error when the name is taken.
void register_backend(std::unique_ptr<Backend> backend);

// What a backend's library exports, as extern "C".
using MakeBackend = Backend* (*)();
constexpr const char* kMakeBackendSymbol = "torchtrt_make_backend";

// For a backend's build(): the bytes of a plan that holds the backend's payload beside the portable network, with all
// its weights, so that the engine can be built again where the payload cannot run.
std::string wrap_payload(const Backend& backend, std::shared_ptr<network::INetworkDefinition> network,
                         const BuildSettings& settings, std::string payload, std::vector<std::string> notes = {});

}  // namespace torch_tensorrt::engine
