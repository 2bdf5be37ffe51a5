#include "torch_tensorrt/core/engine/backend/backend.h"

#include <mutex>

#include "torch_tensorrt/core/engine/backend/backend_library.h"
#include "torch_tensorrt/core/engine/backend/native_backend.h"
#include "torch_tensorrt/core/engine/build/build_record.h"
#include "torch_tensorrt/core/engine/plan/network_weights.h"
#include "torch_tensorrt/core/engine/plan/plan_header.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

struct Registry {
  std::mutex mutex;
  std::vector<std::unique_ptr<Backend>> list;
  bool looked_for_libraries = false;
};

// Never destroyed: see TacticRegistry::global().
Registry& registry() {
  static auto* const made = [] {
    auto* fresh = new Registry();
    fresh->list.push_back(make_native_backend());
    return fresh;
  }();
  return *made;
}

const Backend* find_known(const Registry& registry, const std::string& name) {
  for (const auto& backend : registry.list) {
    if (name == backend->name()) return backend.get();
  }
  return nullptr;
}

std::string known_names(const Registry& registry) {
  std::string names;
  for (const auto& backend : registry.list) names += (names.empty() ? "" : ", ") + std::string(backend->name());
  return names;
}

void load_libraries_beside(Registry& registry) {
  if (registry.looked_for_libraries) return;
  registry.looked_for_libraries = true;
  for (const std::string& name : backend_libraries_beside()) {
    if (find_known(registry, name) != nullptr) continue;
    try {
      registry.list.push_back(load_backend_library(name));
    } catch (const Error& error) {
      LOG_WARNING("backend " << name << " is left out: " << error.msg());
    }
  }
}

}  // namespace

std::string Backend::refit(const Plan& plan, std::shared_ptr<network::INetworkDefinition> network,
                           const BuildSettings& settings) const {
  LOG_INFO("backend " << name() << " cannot replace weights, so the engine \"" << plan.name << "\" is built again");
  return build(std::move(network), settings, nullptr);
}

const Backend& find_backend(const std::string& name) {
  const std::lock_guard lock(registry().mutex);
  if (const Backend* known = find_known(registry(), name)) return *known;
  try {
    registry().list.push_back(load_backend_library(name));
  } catch (const Error& error) {
    TORCHTRT_THROW_ERROR("there is no backend \"" << name << "\"; known are: " << known_names(registry()) << ". "
                                                  << error.msg());
  }
  return *registry().list.back();
}

std::vector<const Backend*> backends() {
  const std::lock_guard lock(registry().mutex);
  load_libraries_beside(registry());
  std::vector<const Backend*> result;
  for (const auto& backend : registry().list) result.push_back(backend.get());
  return result;
}

void register_backend(std::unique_ptr<Backend> backend) {
  TORCHTRT_ASSERT(backend != nullptr);
  const std::lock_guard lock(registry().mutex);
  TORCHTRT_CHECK(find_known(registry(), backend->name()) == nullptr,
                 "a backend named " << backend->name() << " is registered already");
  registry().list.push_back(std::move(backend));
}

std::string wrap_payload(const Backend& backend, std::shared_ptr<network::INetworkDefinition> network,
                         const BuildSettings& settings, std::string payload, std::vector<std::string> notes) {
  Plan plan;
  plan.name = settings.name.empty() ? network->getName() : settings.name;
  plan.producer = producer_text();
  plan.target = settings.target;
  plan.backend = backend.name();
  plan.backend_version = backend.version();
  plan.max_specializations = static_cast<int32_t>(settings.max_specializations);
  plan.notes = std::move(notes);
  record_build(plan, *network, settings);
  plan.weights = std::make_shared<WeightStore>();
  WeightPutter(network, *plan.weights).put_attributes();
  plan.choices.resize(static_cast<size_t>(network->getNbLayers()));
  plan.network = std::move(network);
  set_payload(plan, std::make_shared<const std::string>(std::move(payload)));
  return serialize_plan(std::move(plan));
}

}  // namespace torch_tensorrt::engine
