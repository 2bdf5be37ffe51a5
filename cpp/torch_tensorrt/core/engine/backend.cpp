#include "torch_tensorrt/core/engine/backend.h"

#include <mutex>

#include "torch_tensorrt/core/engine/builder.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

// Ours: a network's layers are run by the tactics of this process.
class NativeBackend final : public Backend {
 public:
  const char* name() const override { return "native"; }

  Decision available(const DeviceTarget& device) const override {
    if (device.kind == DeviceTarget::Kind::kCPU) return Decision::yes();
    return Decision::no(str("CUDA device ", device.index, " was asked for, but this library was built without CUDA"));
  }

  Decision supports(const network::ILayer& layer, const DeviceTarget& device) const override {
    using network::LayerType;
    const LayerType type = layer.getType();
    if (type == LayerType::kINPUT || type == LayerType::kCONSTANT) return Decision::yes();
    const TacticRegistry& registry = TacticRegistry::global();
    if (!registry.candidates(layer, device).empty()) return Decision::yes();
    return Decision::no("no tactic runs it:\n" + registry.explain(layer, device));
  }

  std::string build(std::shared_ptr<network::INetworkDefinition> network, const BuildSettings& settings,
                    BuildReport* report) const override {
    return Builder(settings).build(std::move(network), report);
  }
};

struct Registry {
  std::mutex mutex;
  std::vector<std::unique_ptr<Backend>> list;
};

// Never destroyed: see TacticRegistry::global().
Registry& registry() {
  static auto* const made = [] {
    auto* fresh = new Registry();
    fresh->list.push_back(std::make_unique<NativeBackend>());
    return fresh;
  }();
  return *made;
}

}  // namespace

const Backend& find_backend(const std::string& name) {
  std::string known;
  for (const Backend* backend : backends()) {
    if (name == backend->name()) return *backend;
    known += (known.empty() ? "" : ", ") + std::string(backend->name());
  }
  TORCHTRT_THROW_ERROR("there is no backend \"" << name << "\"; known are: " << known);
}

std::vector<const Backend*> backends() {
  const std::lock_guard lock(registry().mutex);
  std::vector<const Backend*> result;
  for (const auto& backend : registry().list) result.push_back(backend.get());
  return result;
}

void register_backend(std::unique_ptr<Backend> backend) {
  TORCHTRT_ASSERT(backend != nullptr);
  for (const Backend* known : backends()) {
    TORCHTRT_CHECK(std::string(known->name()) != backend->name(),
                   "a backend named " << backend->name() << " is registered already");
  }
  const std::lock_guard lock(registry().mutex);
  registry().list.push_back(std::move(backend));
}

}  // namespace torch_tensorrt::engine
