#include "torch_tensorrt/core/engine/tactic.h"

#include <algorithm>
#include <mutex>
#include <shared_mutex>
#include <string_view>

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"
#ifdef TORCHTRT_WITH_ONEDNN
#include "torch_tensorrt/core/engine/tactics/onednn/list.h"
#endif

namespace torch_tensorrt::engine {
namespace {

// "onednn" of "onednn.convolution".
std::string_view source_of(const Tactic& tactic) {
  const std::string_view name = tactic.name();
  return name.substr(0, name.find('.'));
}

bool is_allowed(const Tactic& tactic, const std::vector<std::string>& sources) {
  return sources.empty() || std::find(sources.begin(), sources.end(), source_of(tactic)) != sources.end();
}

}  // namespace

int32_t layer_index(const network::ILayer& layer) {
  const auto& layers = layer.network()->layers();
  const auto same = [&](const auto& other) { return other.get() == &layer; };
  const auto found = std::find_if(layers.begin(), layers.end(), same);
  TORCHTRT_ASSERT(found != layers.end(), << layer.getName());
  return static_cast<int32_t>(found - layers.begin());
}

Decision Tactic::takes(const LayerInstance&) const { return Decision::yes(); }

int32_t Tactic::in_place_input(const LayerInstance&) const { return -1; }

struct TacticRegistry::State {
  mutable std::shared_mutex mutex;
  std::vector<std::unique_ptr<Tactic>> tactics;
};

TacticRegistry::TacticRegistry() : state_(std::make_unique<State>()) {}
TacticRegistry::~TacticRegistry() = default;

TacticRegistry& TacticRegistry::global() {
  // Never destroyed: engines may be used by threads that outlive main().
  static TacticRegistry* const registry = [] {
    auto* made = new TacticRegistry();
#ifdef TORCHTRT_WITH_ONEDNN
    register_onednn_tactics(*made);
#endif
    return made;
  }();
  return *registry;
}

void TacticRegistry::add(std::unique_ptr<Tactic> tactic) {
  const std::unique_lock lock(state_->mutex);
  for (const auto& known : state_->tactics) {
    TORCHTRT_CHECK(std::string_view(known->name()) != tactic->name(),
                   "a tactic named " << tactic->name() << " is registered already");
  }
  state_->tactics.push_back(std::move(tactic));
}

std::vector<const Tactic*> TacticRegistry::candidates(const network::ILayer& layer, const DeviceTarget& device,
                                                      const std::vector<std::string>& sources) const {
  std::vector<const Tactic*> result;
  for (const Tactic* tactic : all()) {
    if (is_allowed(*tactic, sources) && tactic->supports(layer, device)) result.push_back(tactic);
  }
  return result;
}

const Tactic* TacticRegistry::find(const std::string& name) const {
  const std::shared_lock lock(state_->mutex);
  for (const auto& tactic : state_->tactics) {
    if (name == tactic->name()) return tactic.get();
  }
  return nullptr;
}

std::vector<const Tactic*> TacticRegistry::all() const {
  const std::shared_lock lock(state_->mutex);
  std::vector<const Tactic*> result;
  result.reserve(state_->tactics.size());
  for (const auto& tactic : state_->tactics) result.push_back(tactic.get());
  return result;
}

std::string TacticRegistry::explain(const network::ILayer& layer, const DeviceTarget& device) const {
  std::string text;
  for (const Tactic* tactic : all()) {
    const Decision decision = tactic->supports(layer, device);
    text += str("  ", tactic->name(), ": ", decision ? "runs it" : decision.reason(), "\n");
  }
  return text.empty() ? "  no tactic is registered\n" : text;
}

}  // namespace torch_tensorrt::engine
