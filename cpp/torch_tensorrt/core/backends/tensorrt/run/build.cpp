#include "torch_tensorrt/core/backends/tensorrt/run/build.h"

#include <NvInfer.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>

#include "torch_tensorrt/core/backends/tensorrt/run/config.h"
#include "torch_tensorrt/core/backends/tensorrt/run/messages.h"
#include "torch_tensorrt/core/backends/tensorrt/run/vendor.h"
#include "torch_tensorrt/core/backends/tensorrt/support.h"
#include "torch_tensorrt/core/engine/backend/build_failed.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/optimizer/quantization/quantization.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/progress.h"
#include "torch_tensorrt/core/util/shared_file.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using network::DataType;

// Float dtypes of the network's tensors.
std::set<DataType> float_types(const network::INetworkDefinition& network) {
  std::set<DataType> types;
  for (const auto& layer : network.layers()) {
    for (int32_t i = 0; i < layer->getNbOutputs(); ++i) {
      const DataType type = layer->getOutput(i)->getType();
      if (network::is_floating_point(type)) types.insert(type);
    }
  }
  return types;
}

// Our layers that are named in TensorRT's message.
std::string layers_named_in(const std::string& message, const network::INetworkDefinition& network) {
  std::string text;
  for (const auto& layer : network.layers()) {
    const std::string name = layer->getName();
    if (name.empty() || message.find(name) == std::string::npos) continue;
    text += "\n  " + network::describe(*layer);
  }
  return text.empty() ? text : "\nIt speaks of:" + text;
}

// Reports the phases of a build, and ends it for a listener. TensorRT may call from threads of its own, which nobody
// follows.
class ProgressMonitor final : public nvinfer1::IProgressMonitor {
 public:
  void phaseStart(const char* phase, const char* parent, int32_t steps) noexcept override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (parent == nullptr) steps_[phase] = steps;
  }

  bool stepComplete(const char* phase, int32_t step) noexcept override {
    if (std::this_thread::get_id() != builder_) return !is_cancelled_;
    try {
      if (const int32_t steps = steps_of(phase); steps > 0) {
        core::util::report(str("TensorRT: ", phase), step + 1, steps);
      } else {
        core::util::tick();
      }
    } catch (...) {  // the next step of the caller throws it again
      is_cancelled_ = true;
    }
    return !is_cancelled_;
  }

  void phaseFinish(const char* phase) noexcept override {
    const std::lock_guard<std::mutex> lock(mutex_);
    steps_.erase(phase);
  }

 private:
  // 0 of a phase inside another one.
  int32_t steps_of(const char* phase) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = steps_.find(phase);
    return found == steps_.end() ? 0 : found->second;
  }

  std::thread::id builder_ = std::this_thread::get_id();
  std::atomic<bool> is_cancelled_{false};
  std::mutex mutex_;
  std::unordered_map<std::string, int32_t> steps_;
};

std::string timing_cache_path(const engine::BuildSettings& settings) {
  if (!settings.timing_cache_path.empty()) return settings.timing_cache_path;
  const char* path = std::getenv("TORCHTRT_TIMING_CACHE");
  return path == nullptr ? std::string() : path;
}

void check_supported(const network::INetworkDefinition& network) {
  const std::string unsupported = list_unsupported(network);
  if (!unsupported.empty()) TORCHTRT_THROW_ERROR("TensorRT does not take these layers:" << unsupported);
}

// ---- the network ---------------------------------------------------------------------------------------------------

std::unique_ptr<nvinfer1::IBuilder> make_builder(const Library& library, MessageGatherer& messages) {
  std::unique_ptr<nvinfer1::IBuilder> builder(
      static_cast<nvinfer1::IBuilder*>(library.create_builder(vendor_logger())));
  if (builder == nullptr) {
    TORCHTRT_THROW_ERROR("TensorRT " << to_string(library.version()) << " makes no builder. "
                                     << messages.take_errors());
  }
  return builder;
}

uint32_t network_flags(bool strongly_typed) {
  using nvinfer1::NetworkDefinitionCreationFlag;
  return strongly_typed ? 1U << static_cast<uint32_t>(NetworkDefinitionCreationFlag::kSTRONGLY_TYPED) : 0U;
}

// TensorRT loads its kernels for the first builder of a process, which takes half a minute, and unloads them with the
// last. Keep one builder until the process ends, so that later builds load only their own needs.
void keep_a_builder(const Library& library, MessageGatherer& messages) {
  static auto* const mutex = new std::mutex();
  static nvinfer1::IBuilder* kept = nullptr;
  const std::lock_guard lock(*mutex);
  if (kept == nullptr) kept = make_builder(library, messages).release();
}

// ---- the timing cache ----------------------------------------------------------------------------------------------

// Empty if there is no file. Throws Error if it cannot be read.
std::string read_file(const std::string& path) { return core::util::read_shared_file(path).value_or(std::string()); }

std::unique_ptr<nvinfer1::ITimingCache> parse(nvinfer1::IBuilderConfig& config, const std::string& bytes) {
  return std::unique_ptr<nvinfer1::ITimingCache>(config.createTimingCache(bytes.data(), bytes.size()));
}

// TensorRT's timing cache in a file shared by builds, even by builds that run at the same time: times that others have
// written meanwhile are kept. Lies beside our own cache, with ".tensorrt" behind its name.
class TimingCacheFile {
 public:
  // With an empty path there is no file, only a cache of this build. A file that TensorRT does not take (damaged, or of
  // another version) is replaced, with a warning. Throws Error on a file that cannot be read.
  TimingCacheFile(const std::string& path, nvinfer1::IBuilderConfig& config);
  // Call it after the build. Only warns if it cannot write.
  void save();

 private:
  void add_to_file(const nvinfer1::ITimingCache& used);

  std::string path_;
  nvinfer1::IBuilderConfig& config_;
  std::unique_ptr<nvinfer1::ITimingCache> cache_;
};

TimingCacheFile::TimingCacheFile(const std::string& path, nvinfer1::IBuilderConfig& config)
    : path_(path.empty() ? path : path + ".tensorrt"), config_(config) {
  const std::string bytes = path_.empty() ? std::string() : read_file(path_);
  cache_ = parse(config, bytes);
  bool taken = cache_ != nullptr && config.setTimingCache(*cache_, /*ignoreMismatch=*/false);
  if (taken || bytes.empty()) return;
  LOG_WARNING("TensorRT does not take the timing cache " << path_ << ", which is of another version or device, or is "
                                                         << "damaged; it will be replaced");
  cache_ = parse(config, {});
  if (cache_ != nullptr) config.setTimingCache(*cache_, /*ignoreMismatch=*/false);
}

void TimingCacheFile::save() {
  const nvinfer1::ITimingCache* used = config_.getTimingCache();
  if (path_.empty() || used == nullptr) return;
  try {
    add_to_file(*used);
  } catch (const Error& error) {  // although it was readable before the build
    LOG_WARNING("the timing cache of TensorRT cannot be written to " << path_ << ": " << error.msg());
  }
}

void TimingCacheFile::add_to_file(const nvinfer1::ITimingCache& used) {
  const core::util::SharedFileTurn turn(path_);
  if (!turn.granted()) TORCHTRT_THROW_ERROR(turn.granted().reason());
  auto all = parse(config_, read_file(path_));
  if (all != nullptr && !all->combine(used, /*ignoreMismatch=*/false)) all = nullptr;
  const std::unique_ptr<nvinfer1::IHostMemory> bytes(all != nullptr ? all->serialize() : used.serialize());
  if (bytes == nullptr) TORCHTRT_THROW_ERROR("TensorRT does not serialize it");
  const std::string content(static_cast<const char*>(bytes->data()), bytes->size());
  const Decision written = core::util::replace_shared_file(path_, content);
  if (!written) TORCHTRT_THROW_ERROR(written.reason());
}

}  // namespace

std::string list_unsupported(const network::INetworkDefinition& network) {
  std::string text;
  for (const auto& layer : network.layers()) {
    const Decision decision = supports(*layer);
    if (!decision) text += "\n  " + network::describe(*layer) + ": " + decision.reason();
  }
  return text;
}

bool is_quantized(const network::INetworkDefinition& network, const engine::BuildSettings& settings) {
  if (settings.enabled_precisions.count(DataType::kINT8) == 0) return false;
  if (optimizer::has_quantization(network)) return true;
  LOG_WARNING("int8 is enabled, and the network \"" << network.getName() << "\" has no symmetric quantization with "
                                                    << "constant scales, and there is no calibration: nothing will run "
                                                    << "in int8. Give a calibrator");
  return false;
}

// Whether overrides and ranges leave no layer to a lower precision.
bool is_wholly_f32(const network::INetworkDefinition& network, const LayerPrecisions& precisions) {
  const auto& layers = network.layers();
  return std::all_of(layers.begin(), layers.end(), [&](const auto& layer) {
    if (layer->getNbOutputs() == 0 || !network::is_floating_point(layer->getOutput(0)->getType())) return true;
    const auto wanted = precisions.wanted.find(layer.get());
    return layer->getType() == network::LayerType::kINPUT ||
           (wanted != precisions.wanted.end() && wanted->second == DataType::kFLOAT);
  });
}

bool is_strongly_typed(const network::INetworkDefinition& network, const engine::BuildSettings& settings,
                       const LayerPrecisions& precisions) {
  if (settings.use_explicit_typing) return true;
  const auto enabled = [&](DataType type) { return settings.enabled_precisions.count(type) != 0; };
  const bool may_lower = enabled(DataType::kHALF) || enabled(DataType::kBF16);
  // Where TensorRT may choose, it rounds some numbers between layers that are asked to compute in f32.
  if (!may_lower || is_wholly_f32(network, precisions)) return true;
  const std::set<DataType> types = float_types(network);
  return types.size() != 1 || types.count(DataType::kFLOAT) == 0;
}

VendorNetwork translate_network(const network::INetworkDefinition& network, const engine::BuildSettings& settings,
                                const LayerPrecisions& precisions, const Library& library, MessageGatherer& messages) {
  keep_a_builder(library, messages);
  VendorNetwork made;
  made.builder = make_builder(library, messages);
  made.precisions.strongly_typed = is_strongly_typed(network, settings, precisions);
  made.precisions.quantized = is_quantized(network, settings);
  made.network.reset(made.builder->createNetworkV2(network_flags(made.precisions.strongly_typed)));
  if (made.network == nullptr) TORCHTRT_THROW_ERROR("TensorRT makes no network. " << messages.take_errors());
  const Translator::Options options{made.precisions.strongly_typed, settings.refit, precisions.wanted};
  made.translator = std::make_unique<Translator>(network, *made.network, options, messages);
  made.translator->run();
  const std::string remarks = messages.take_errors();  // on layers that it took all the same
  LOG_DEBUG("TensorRT took the layers. " << remarks);
  return made;
}

namespace {

// Whether a layer shall compute in another precision than that of its result.
bool has_other_precision(const LayerPrecisions& precisions) {
  return std::any_of(precisions.wanted.begin(), precisions.wanted.end(), [](const auto& row) {
    const DataType type = row.first->getOutput(0)->getType();
    return network::is_floating_point(type) && type != row.second;
  });
}

}  // namespace

std::string build_serialized(const network::INetworkDefinition& network, const engine::BuildSettings& settings,
                             const LayerPrecisions& precisions, engine::BuildReport* report) {
  const auto start = std::chrono::steady_clock::now();
  check_supported(network);
  const auto library = require_vendor_library();
  const engine::cuda::DeviceGuard device(settings.device.gpu_id);
  MessageGatherer messages;
  const VendorNetwork made = translate_network(network, settings, precisions, *library, messages);
  ProgressMonitor monitor;  // outlives the configuration
  const std::unique_ptr<nvinfer1::IBuilderConfig> config(made.builder->createBuilderConfig());
  if (config == nullptr) TORCHTRT_THROW_ERROR("TensorRT makes no configuration. " << messages.take_errors());
  configure(*config, settings, made.precisions);
  add_profiles(*made.builder, *config, *made.network, network);
  TimingCacheFile cache(timing_cache_path(settings), *config);
  config->setProgressMonitor(&monitor);
  const std::unique_ptr<nvinfer1::IHostMemory> built(made.builder->buildSerializedNetwork(*made.network, *config));
  core::util::tick();  // throws if the listener has ended the build
  if (built == nullptr) {
    const std::string said = messages.take_errors();
    throw engine::BuildFailed("TensorRT builds no engine of the network \"" + std::string(network.getName()) + "\". " +
                              said + layers_named_in(said, network));
  }
  cache.save();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  LOG_INFO("TensorRT " << to_string(library->version()) << " built engine \"" << network.getName() << "\" in "
                       << seconds << " s: " << built->size() << " bytes");
  if (report != nullptr) {
    report->seconds = seconds;
    report->notes.push_back(
        "TensorRT " + to_string(library->version()) +
        (made.precisions.strongly_typed ? ", every tensor in its own dtype" : ", precisions of TensorRT's choice"));
    for (const std::string& note : precisions.notes) report->notes.push_back(note);
    if (!made.precisions.strongly_typed) {
      report->notes.insert(report->notes.end(), precisions.beyond.begin(), precisions.beyond.end());
    } else if (has_other_precision(precisions)) {
      report->notes.push_back(
          "precision: every tensor keeps its dtype: TensorRT is not asked to compute layers in another");
    }
  }
  return {static_cast<const char*>(built->data()), built->size()};
}

}  // namespace torch_tensorrt::backends::tensorrt
