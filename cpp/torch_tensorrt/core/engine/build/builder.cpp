#include "torch_tensorrt/core/engine/build/builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <unordered_map>
#include <vector>

#include "torch_tensorrt/core/engine/backend/native_backend.h"
#include "torch_tensorrt/core/engine/build/build_settings.h"
#include "torch_tensorrt/core/engine/build/candidate_timer.h"
#include "torch_tensorrt/core/engine/build/network_choice.h"
#include "torch_tensorrt/core/engine/build/refit.h"
#include "torch_tensorrt/core/engine/plan/inspect.h"
#include "torch_tensorrt/core/engine/plan/network_weights.h"
#include "torch_tensorrt/core/engine/plan/plan_header.h"
#include "torch_tensorrt/core/engine/plan/weight_store.h"
#include "torch_tensorrt/core/engine/run/thread_limit.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/network/text/text.h"
#include "torch_tensorrt/core/network/verifier.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/output_file.h"
#include "torch_tensorrt/core/util/progress.h"

namespace torch_tensorrt::engine {
namespace {

constexpr const char* kPlain = "plain";

bool is_packed(const std::string& layout) { return !layout.empty() && layout != kPlain; }

// Packs the weights of a network as its tactics ask, layer by layer, and frees the plain weights as it goes, so that
// memory never holds all weights twice.
class WeightPacker {
 public:
  explicit WeightPacker(std::shared_ptr<network::INetworkDefinition> network);

  // Kernels are prepared with this store.
  WeightStore& store() { return *store_; }
  // Call it when the layer's kernel has been prepared: frees the layouts that the kernel has not asked for.
  void settle(int32_t layer);
  // Call it after the last layer. The store then holds just the weights that a plan has to save.
  std::shared_ptr<WeightStore> finish();

 private:
  void settle_constant(network::ILayer& layer);
  const void* packed_for_all_readers(const network::ITensor& tensor) const;

  std::shared_ptr<network::INetworkDefinition> network_;
  std::shared_ptr<WeightStore> store_;
  std::unordered_map<const network::ILayer*, int32_t> index_of_;
};

WeightPacker::WeightPacker(std::shared_ptr<network::INetworkDefinition> network)
    : network_(std::move(network)), store_(std::make_shared<WeightStore>()) {
  WeightPutter putter(network_, *store_);
  putter.put_attributes();
  putter.put_constant_inputs();
  for (int32_t i = 0; i < network_->getNbLayers(); ++i) index_of_[network_->getLayer(i)] = i;
}

void WeightPacker::settle(int32_t index) {
  network::ILayer& layer = *network_->getLayer(index);
  change_weights(layer, [&](const char* name, network::Weights& weights) {
    const std::string key = weight_key(index, name);
    if (!is_packed(store_->asked_layout(key))) return;
    store_->drop_unused(key);
    weights.values = store_->find(key).data.get();
  });
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    store_->drop_unused(input_key(index, i));
    if (layer.getInput(i) != nullptr) settle_constant(*layer.getInput(i)->producer());
  }
}

// The packed elements if every reader packs the tensor, else null.
const void* WeightPacker::packed_for_all_readers(const network::ITensor& tensor) const {
  const void* packed = nullptr;
  if (tensor.isNetworkOutput()) return nullptr;
  for (const network::ILayer* reader : tensor.consumers()) {
    for (int32_t i = 0; i < reader->getNbInputs(); ++i) {
      if (reader->getInput(i) != &tensor) continue;
      const std::string key = input_key(index_of_.at(reader), i);
      if (!is_packed(store_->asked_layout(key))) return nullptr;
      packed = store_->find(key).data.get();
    }
  }
  return packed;
}

void WeightPacker::settle_constant(network::ILayer& layer) {
  if (layer.getType() != network::LayerType::kCONSTANT) return;
  const void* packed = packed_for_all_readers(*layer.getOutput(0));
  if (packed == nullptr) return;
  change_weights(layer, [&](const char* name, network::Weights& weights) {
    store_->erase(weight_key(index_of_.at(&layer), name));
    weights.values = packed;
  });
}

std::shared_ptr<WeightStore> WeightPacker::finish() {
  // Inputs that are not packed stay with their constants.
  for (int32_t i = 0; i < network_->getNbLayers(); ++i) {
    for (int32_t j = 0; j < network_->getLayer(i)->getNbInputs(); ++j) {
      const std::string key = input_key(i, j);
      if (!is_packed(store_->asked_layout(key))) store_->erase(key);
    }
  }
  return store_;
}

// Prepares each chosen tactic once, for its packed weights and its workspace, and plans the memory of the opt dims.
std::shared_ptr<WeightStore> pack_weights(const NetworkChoice& choice, const DeviceTarget& target,
                                          BuildReport& report) {
  WeightPacker packer(choice.network);
  Schedule schedule(*choice.network, infer_at_opt(*choice.network));
  std::vector<StepNeeds> needs;
  for (const Step& step : schedule.steps()) {
    core::util::report(str("packing weights of ", choice.network->getName()), static_cast<int64_t>(needs.size()),
                       static_cast<int64_t>(schedule.steps().size()));
    const LayerChoice& chosen = choice.choices[static_cast<size_t>(step.layer)];
    const ChosenTactic tactic{TacticRegistry::global().find(chosen.tactic), chosen.config};
    const Candidate runner = candidate_for(step.instance, tactic, target);
    const auto kernel = prepare_kernel(runner, step.instance, packer.store(), target);
    needs.push_back({kernel->workspace_bytes(), runner.implementation.in_place_input});
    packer.settle(step.layer);
    packer.store().drop_derived();
  }
  schedule.plan_memory(needs);
  report.arena_bytes = schedule.arena_bytes();
  report.arena_lower_bound_bytes = schedule.arena_lower_bound_bytes();
  return packer.finish();
}

std::string join(const std::vector<BuiltLayer>& layers) {
  double total = 0;
  for (const BuiltLayer& layer : layers) total += layer.microseconds;
  return str(layers.size(), " layers, ", total, " us");
}

void summarize(const Plan& plan, BuildReport& report) {
  for (size_t i = 0; i < plan.choices.size(); ++i) {
    if (plan.choices[i].tactic.empty()) continue;
    report.layers.push_back(summarize_layer(*plan.network->getLayer(static_cast<int32_t>(i)), plan.choices[i]));
  }
  report.notes = plan.notes;
  report.weight_bytes = plan.weights->total_bytes();
}

// Only warn if the file cannot be written: the engine is worth more than the times.
void save_times(const TimingCache& cache, const std::string& path) {
  const Decision saved = cache.save();
  if (saved) return;
  LOG_WARNING("the measured times could not be kept: cannot write timing cache "
              << path << ": " << saved.reason()
              << ". Set timing_cache_path or TORCHTRT_TIMING_CACHE to a file in a writable folder");
}

int64_t weight_bytes_of(const network::INetworkDefinition& network) {
  int64_t bytes = 0;
  for (const auto& layer : network.layers()) {
    for_each_weights(*layer, [&](const char*, const network::Weights& weights) { bytes += weights.bytes(); });
  }
  return bytes;
}

void check_sizes(const network::INetworkDefinition& network) {
  for (const auto& [layer, reason] : find_unknown_sizes(network)) {
    TORCHTRT_THROW_ERROR(network::describe(*layer) << ": " << reason);
  }
}

}  // namespace

std::string Builder::build(std::shared_ptr<network::INetworkDefinition> network, BuildReport* report) const {
  return make(std::move(network), /*like=*/nullptr, report);
}

std::string Builder::build_like(const Plan& plan, std::shared_ptr<network::INetworkDefinition> network,
                                BuildReport* report) const {
  return make(std::move(network), &plan, report);
}

std::string Builder::make(std::shared_ptr<network::INetworkDefinition> network, const Plan* like,
                          BuildReport* report) const {
  const auto start = std::chrono::steady_clock::now();
  if (network == nullptr) TORCHTRT_THROW_ERROR("there is no network to build an engine from");
  const int64_t limited_to = settings_.device.is_cpu() ? settings_.num_threads : 0;
  const ThreadLimit limit(limited_to);
  BuildSettings settings = resolve_settings(settings_);
  if (limited_to > 0) {
    // The target's thread count was taken outside the limit.
    settings.device.threads = 0;
    settings.device = describe_target(settings.device);
  }
  BuildReport local;
  BuildReport& result = report != nullptr ? *report : local;
  result = BuildReport{};
  network::verify_network(*network);
  check_sizes(*network);

  const auto cache = TimingCache::open(settings.timing_cache_path, settings.device);
  CandidateTimer timer(settings.device, settings.tactic_sources,
                       std::max(1, static_cast<int32_t>(settings.num_avg_timing_iters)), settings.deterministic,
                       weight_bytes_of(*network), *cache);
  Plan plan;
  plan.name = settings.name.empty() ? network->getName() : settings.name;
  plan.producer = producer_text();
  plan.target = settings.device;
  plan.max_specializations = static_cast<int32_t>(settings.max_specializations);
  record_build(plan, *network, settings);
  NetworkChoice choice = like == nullptr ? choose_network(std::move(network), settings, timer)
                                         : repeat_choice(*like, std::move(network), settings, timer);
  save_times(*cache, settings.timing_cache_path);
  plan.weights = pack_weights(choice, settings.device, result);
  plan.network = std::move(choice.network);
  plan.choices = std::move(choice.choices);
  plan.notes = std::move(choice.notes);
  result.passes = std::move(choice.passes);
  for (const optimizer::PassReport& pass : result.passes) {
    if (pass.changed) plan.passes.push_back(pass);
  }
  result.timed = timer.timed();
  result.from_cache = timer.from_cache();
  summarize(plan, result);
  core::util::report("writing the engine " + settings.name);
  std::string bytes = serialize_plan(std::move(plan));
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  LOG_INFO("built engine \"" << settings.name << "\" in " << result.seconds << " s: " << join(result.layers) << ", "
                             << bytes.size() << " bytes, arena " << result.arena_bytes << " bytes (lower bound "
                             << result.arena_lower_bound_bytes << ")");
  return bytes;
}

namespace {

constexpr int64_t kShownWeights = 16;

}  // namespace

NetworkDump::NetworkDump(std::string directory) : directory_(std::move(directory)) {
  if (!enabled()) return;
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) TORCHTRT_THROW_ERROR("cannot make the dump directory " << directory_ << ": " << error.message());
}

void NetworkDump::write(const std::string& pass, const std::string& text) {
  const std::string path = fmt::format("{}/{:03}_{}.txt", directory_, count_++, pass);
  core::util::write_file(path, text);
}

std::string dump_text(const network::INetworkDefinition& network) {
  network::TextOptions options;
  options.max_weight_elements = kShownWeights;
  return network::print_network(network, options);
}

}  // namespace torch_tensorrt::engine
