#include "torch_tensorrt/core/engine/backend/backend.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <set>
#include <sstream>

#include "torch_tensorrt/core/engine/backend/native_backend.h"
#include "torch_tensorrt/core/engine/build/refit.h"
#include "torch_tensorrt/core/engine/plan/network_weights.h"
#include "torch_tensorrt/core/engine/plan/plan_header.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

constexpr const char* kPrefix = "libtorchtrt_";
constexpr const char* kSuffix = ".so";
// Libraries of the product whose names look like those of backends.
constexpr const char* kNotBackends[] = {"engine", "runtime"};

bool is_product(const std::string& name) {
  return std::find(std::begin(kNotBackends), std::end(kNotBackends), name) != std::end(kNotBackends);
}

bool is_name(const std::string& name) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && std::all_of(name.begin(), name.end(), allowed);
}

std::string loader_error() {
  const char* text = dlerror();
  return text != nullptr ? text : "unknown error of the loader";
}

// The text between the prefix and the suffix; empty if the file is named otherwise.
std::string name_in(const std::string& file) {
  const std::string prefix = kPrefix;
  const std::string suffix = kSuffix;
  const bool fits = file.size() > prefix.size() + suffix.size() && file.rfind(prefix, 0) == 0 &&
                    file.compare(file.size() - suffix.size(), suffix.size(), suffix) == 0;
  return fits ? file.substr(prefix.size(), file.size() - prefix.size() - suffix.size()) : std::string();
}

// Folder of the library that this code is in.
std::string own_folder() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&own_folder), &info) == 0 || info.dli_fname == nullptr) return ".";
  std::error_code error;
  const auto path = std::filesystem::canonical(info.dli_fname, error);
  return error ? std::string(".") : path.parent_path().string();
}

// Folders that are searched for libraries of backends: those of the environment variable TORCHTRT_BACKEND_PATH
// (separated by colons), then the folder of the library that this code is in.
std::vector<std::string> backend_folders() {
  std::vector<std::string> folders;
  const char* given = std::getenv("TORCHTRT_BACKEND_PATH");
  std::istringstream list(given != nullptr ? given : "");
  for (std::string folder; std::getline(list, folder, ':');) {
    if (!folder.empty()) folders.push_back(folder);
  }
  folders.push_back(own_folder());
  return folders;
}

// Names of the backends whose libraries libtorchtrt_NAME.so lie in those folders, without the product's own libraries.
std::vector<std::string> backend_libraries_beside() {
  std::set<std::string> names;
  for (const std::string& folder : backend_folders()) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      const std::string name = name_in(entry.path().filename().string());
      if (is_name(name) && !is_product(name)) names.insert(name);
    }
  }
  return {names.begin(), names.end()};
}

void* open_library(const std::string& name) {
  const std::string file = kPrefix + name + kSuffix;
  std::string places;
  // Global symbols of a backend could clash with those of the libraries that it opens: keep them apart.
  for (const std::string& folder : backend_folders()) {
    const std::string path = folder + "/" + file;
    places += folder + ", ";
    if (!std::filesystem::exists(path)) continue;
    if (void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return handle;
    TORCHTRT_THROW_ERROR(path << " does not load: " << loader_error());
  }
  if (void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) return handle;
  TORCHTRT_THROW_ERROR("its library " << file << " is neither in " << places
                                      << "nor in the folders of the system's loader: " << loader_error());
}

// Loads libtorchtrt_NAME.so from the first of those folders that has it, else from where the system looks. Throws Error
// with the loader's message and the places searched.
std::unique_ptr<Backend> load_backend_library(const std::string& name) {
  if (!is_name(name))
    TORCHTRT_THROW_ERROR("\"" << name << "\" is not the name of a backend; names consist of a-z, 0-9 and _");
  void* handle = open_library(name);
  // The library stays loaded for good: the backend's code is in it.
  const auto make = reinterpret_cast<MakeBackend>(dlsym(handle, kMakeBackendSymbol));
  if (make == nullptr) {
    TORCHTRT_THROW_ERROR(kPrefix << name << kSuffix << " is not the library of a backend: it has no function "
                                 << kMakeBackendSymbol);
  }
  std::unique_ptr<Backend> backend(make());
  if (backend == nullptr || name != backend->name()) {
    TORCHTRT_THROW_ERROR(kPrefix << name << kSuffix << " must contain the backend " << name << ", but contains "
                                 << (backend == nullptr ? std::string("no backend") : backend->name()));
  }
  return backend;
}

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

std::vector<Refusal> Backend::refusals(const network::INetworkDefinition& network, const DeviceTarget& device) const {
  std::vector<Refusal> refused;
  for (const auto& layer : network.layers()) {
    const Decision decision = supports(*layer, device);
    if (!decision) refused.push_back({layer.get(), decision.reason()});
  }
  return refused;
}

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
  plan.target = settings.device;
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
