#include "torch_tensorrt/core/engine/build/build_engine.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <unordered_map>
#include <vector>

#include "torch_tensorrt/core/engine/backend/backend.h"
#include "torch_tensorrt/core/engine/backend/native_backend.h"
#include "torch_tensorrt/core/engine/build/build_settings.h"
#include "torch_tensorrt/core/engine/build/kernel_timer.h"
#include "torch_tensorrt/core/engine/run/engine.h"
#include "torch_tensorrt/core/network/layer.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

using NetworkPtr = std::shared_ptr<network::INetworkDefinition>;

// An error lists at most this many layers of a network.
constexpr size_t kMaxLayersListed = 20;

// Yes if the backend takes every layer; else no, naming each layer that it does not take, with the reason.
Decision supports_all(const Backend& backend, const network::INetworkDefinition& network, const DeviceTarget& target) {
  const auto refused = backend.refusals(network, target);
  if (refused.empty()) return Decision::yes();
  std::string text = str("it does not take ", refused.size(), " of the ", network.getNbLayers(), " layers:");
  for (size_t i = 0; i < std::min(refused.size(), kMaxLayersListed); ++i) {
    text += "\n  " + network::describe(*refused[i].layer) + ": " + refused[i].reason;
  }
  if (refused.size() > kMaxLayersListed) text += "\n  ...";
  return Decision::no(std::move(text));
}

void put_preferred_first(std::vector<const Backend*>& list) {
  const auto preferred = [](const Backend* a, const Backend* b) { return a->preference() > b->preference(); };
  std::stable_sort(list.begin(), list.end(), preferred);
}

struct Candidates {
  std::vector<const Backend*> able;  // the preferred first
  std::string refusals;              // one line for each other backend: "NAME: reason"
};

Candidates find_candidates(const network::INetworkDefinition& network, const DeviceTarget& target) {
  Candidates candidates;
  const auto refuse = [&](const Backend& backend, const Decision& decision) {
    candidates.refusals += str("\n", backend.name(), ": ", decision.reason());
    LOG_INFO("backend " << backend.name() << " does not build the engine: " << decision.reason());
  };
  std::vector<const Backend*> available;
  for (const Backend* backend : backends()) {
    const Decision there = backend->available(target);
    if (there) available.push_back(backend);
    if (!there) refuse(*backend, there);
  }
  // With a single backend there is no choice, and its own build gives a better error.
  if (available.size() == 1) candidates.able = available;
  if (available.size() > 1) {
    for (const Backend* backend : available) {
      const Decision takes = supports_all(*backend, network, target);
      if (takes) candidates.able.push_back(backend);
      if (!takes) refuse(*backend, takes);
    }
  }
  put_preferred_first(candidates.able);
  if (candidates.able.empty()) {
    TORCHTRT_THROW_ERROR("no backend can build the engine \"" << network.getName() << "\":" << candidates.refusals);
  }
  return candidates;
}

const Backend& named_backend(const std::string& name, const network::INetworkDefinition& network,
                             const DeviceTarget& target) {
  const Backend& backend = find_backend(name);
  for (const Decision& decision : {backend.available(target), supports_all(backend, network, target)}) {
    if (decision) continue;
    TORCHTRT_THROW_ERROR("backend " << name << " cannot build the engine \"" << network.getName()
                                    << "\": " << decision.reason());
  }
  return backend;
}

// Dumps go to TORCHTRT_DUMP_DIRECTORY/ENGINE/BACKEND unless the settings name a folder.
std::string build_with(const Backend& backend, NetworkPtr network, BuildSettings settings, BuildReport* report) {
  LOG_INFO("backend " << backend.name() << " builds the engine \"" << network->getName() << "\"");
  const char* dumps = std::getenv("TORCHTRT_DUMP_DIRECTORY");
  if (settings.dump_directory.empty() && dumps != nullptr && dumps[0] != '\0') {
    std::string name = settings.name.empty() ? network->getName() : settings.name;
    std::replace(name.begin(), name.end(), '/', '_');
    settings.dump_directory = str(dumps, "/", name, "/", backend.name());
  }
  return backend.build(std::move(network), settings, report);
}

struct TimedPlan {
  std::string bytes;
  double microseconds = 0;
  BuildReport report;
};

TimedPlan build_and_time(const Backend& backend, NetworkPtr network, const BuildSettings& settings) {
  TimedPlan made;
  made.bytes = build_with(backend, std::move(network), settings, &made.report);
  made.microseconds = time_engine(*Engine::load(std::make_shared<const std::string>(made.bytes)));
  return made;
}

std::string with_note(std::string bytes, const std::string& note) {
  Plan plan = parse_plan(std::make_shared<const std::string>(std::move(bytes)));
  plan.notes.push_back(note);
  return serialize_plan(std::move(plan));
}

std::string build_fastest(NetworkPtr network, const BuildSettings& settings, BuildReport* report) {
  const Candidates candidates = find_candidates(*network, settings.device);
  TimedPlan best;
  std::string outcomes;
  for (const Backend* backend : candidates.able) {
    std::string outcome;
    try {
      TimedPlan made = build_and_time(*backend, network->clone(), settings);
      outcome = str(made.microseconds, " us");
      if (best.bytes.empty() || made.microseconds < best.microseconds) best = std::move(made);
    } catch (const Error& error) {
      outcome = "failed: " + error.msg();
    }
    outcomes += str(outcomes.empty() ? "" : ", ", backend->name(), " ", outcome);
  }
  if (best.bytes.empty()) TORCHTRT_THROW_ERROR("no backend built the engine: " << outcomes);
  LOG_INFO("fastest backend of: " << outcomes);
  if (report != nullptr) *report = std::move(best.report);
  return with_note(std::move(best.bytes), "fastest backend of: " + outcomes);
}

// The named backend; for "auto" and "fastest" all that are available, and ours even if it is not. Ours comes first.
std::vector<const Backend*> backends_asked(const std::string& name, const DeviceTarget& target) {
  if (name != kAutoBackend && name != kFastestBackend) return {&find_backend(name)};
  std::vector<const Backend*> asked;
  for (const Backend* backend : backends()) {
    if (backend->name() == std::string(kNativeBackend) || backend->available(target)) asked.push_back(backend);
  }
  return asked;
}

// Builds with the preferred candidate. If its build fails, the next one builds, with a warning.
std::string build_auto(NetworkPtr network, const BuildSettings& settings, BuildReport* report) {
  const Candidates candidates = find_candidates(*network, settings.device);
  const auto last = std::prev(candidates.able.end());
  for (auto backend = candidates.able.begin(); backend != last; ++backend) {
    try {
      return build_with(**backend, network->clone(), settings, report);
    } catch (const Error& error) {
      LOG_WARNING("backend " << (*backend)->name() << " failed to build the engine \"" << network->getName()
                             << "\"; backend " << (*std::next(backend))->name()
                             << " builds it instead: " << error.msg());
    }
  }
  return build_with(**last, std::move(network), settings, report);
}

}  // namespace

std::string build_engine(NetworkPtr network, const BuildSettings& settings, BuildReport* report) {
  if (network == nullptr) TORCHTRT_THROW_ERROR("there is no network to build an engine from");
  check_settings(settings);
  BuildSettings resolved = settings;
  resolved.device = describe_target(settings.device);
  if (resolved.enabled_precisions.empty()) resolved.enabled_precisions.insert(network::DataType::kFLOAT);
  if (settings.backend == kFastestBackend) return build_fastest(std::move(network), resolved, report);
  if (settings.backend == kAutoBackend) return build_auto(std::move(network), resolved, report);
  const Backend& backend = named_backend(settings.backend, *network, resolved.device);
  return build_with(backend, std::move(network), resolved, report);
}

std::vector<std::string> available_backends(const DeviceTarget& target) {
  const DeviceTarget resolved = describe_target(target);
  std::vector<const Backend*> available;
  for (const Backend* backend : backends()) {
    if (backend->available(resolved)) available.push_back(backend);
  }
  put_preferred_first(available);
  std::vector<std::string> names;
  for (const Backend* backend : available) names.emplace_back(backend->name());
  return names;
}

Decision takes_layers(const network::INetworkDefinition& network, const std::string& backend,
                      const DeviceTarget& target) {
  const DeviceTarget resolved = describe_target(target);
  std::string refusals;
  for (const Backend* asked : backends_asked(backend, resolved)) {
    const Decision takes = supports_all(*asked, network, resolved);
    if (takes) return takes;
    refusals += str(refusals.empty() ? "" : "\n", "backend ", asked->name(), ": ", takes.reason());
  }
  return Decision::no(std::move(refusals));
}

Decision takes_each_layer(const network::INetworkDefinition& network, const std::string& backend,
                          const DeviceTarget& target) {
  const DeviceTarget resolved = describe_target(target);
  std::unordered_map<const network::ILayer*, std::vector<std::string>> reasons;  // by layer
  const auto asked = backends_asked(backend, resolved);
  for (const Backend* each : asked) {
    for (auto& refusal : each->refusals(network, resolved)) reasons[refusal.layer].push_back(std::move(refusal.reason));
  }
  for (const auto& layer : network.layers()) {
    const auto& against = reasons[layer.get()];
    if (against.size() == asked.size()) return Decision::no(against.front());
  }
  return Decision::yes();
}

Decision takes_layer(const network::ILayer& layer, const std::string& backend, const DeviceTarget& target) {
  const DeviceTarget resolved = describe_target(target);
  Decision first = Decision::yes();
  for (const Backend* asked : backends_asked(backend, resolved)) {
    Decision takes = asked->supports(layer, resolved);
    if (takes) return takes;
    if (first) first = std::move(takes);
  }
  return first;
}

}  // namespace torch_tensorrt::engine
