#include "torch_tensorrt/core/backends/tensorrt/run/build.h"

#include <NvInfer.h>

#include <chrono>
#include <cstdlib>
#include <set>

#include "torch_tensorrt/core/backends/tensorrt/run/config.h"
#include "torch_tensorrt/core/backends/tensorrt/run/messages.h"
#include "torch_tensorrt/core/backends/tensorrt/run/timing_cache_file.h"
#include "torch_tensorrt/core/backends/tensorrt/run/vendor.h"
#include "torch_tensorrt/core/backends/tensorrt/run/vendor_network.h"
#include "torch_tensorrt/core/backends/tensorrt/support/fake_quantize.h"
#include "torch_tensorrt/core/backends/tensorrt/support/support.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/util/macros.h"

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

std::string timing_cache_path(const engine::BuildSettings& settings) {
  if (!settings.timing_cache_path.empty()) return settings.timing_cache_path;
  const char* path = std::getenv("TORCHTRT_TIMING_CACHE");
  return path == nullptr ? std::string() : path;
}

void check_supported(const network::INetworkDefinition& network) {
  const std::string unsupported = list_unsupported(network);
  if (!unsupported.empty()) TORCHTRT_THROW_ERROR("TensorRT does not take these layers:" << unsupported);
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
  if (has_fake_quantize(network)) return true;
  LOG_WARNING("int8 is enabled, and the network \"" << network.getName() << "\" has no fake quantization with constant "
                                                    << "scales: nothing will run in int8");
  return false;
}

bool is_strongly_typed(const network::INetworkDefinition& network, const engine::BuildSettings& settings) {
  if (settings.use_explicit_typing) return true;
  const auto enabled = [&](DataType type) { return settings.enabled_precisions.count(type) != 0; };
  const bool may_lower = enabled(DataType::kHALF) || enabled(DataType::kBF16);
  if (!may_lower) return true;
  const std::set<DataType> types = float_types(network);
  return types.size() != 1 || types.count(DataType::kFLOAT) == 0;
}

std::string build_serialized(const network::INetworkDefinition& network, const engine::BuildSettings& settings,
                             engine::BuildReport* report) {
  const auto start = std::chrono::steady_clock::now();
  check_supported(network);
  const auto library = require_vendor_library();
  const engine::cuda::DeviceGuard device(settings.target.index);
  MessageGatherer messages;
  const VendorNetwork made = translate_network(network, settings, *library, messages);
  const std::unique_ptr<nvinfer1::IBuilderConfig> config(made.builder->createBuilderConfig());
  if (config == nullptr) TORCHTRT_THROW_ERROR("TensorRT makes no configuration. " << messages.take_errors());
  configure(*config, settings, made.precisions);
  add_profiles(*made.builder, *config, *made.network, network);
  TimingCacheFile cache(timing_cache_path(settings), *config);
  const std::unique_ptr<nvinfer1::IHostMemory> built(made.builder->buildSerializedNetwork(*made.network, *config));
  if (built == nullptr) {
    const std::string said = messages.take_errors();
    TORCHTRT_THROW_ERROR("TensorRT builds no engine of the network \"" << network.getName() << "\". " << said
                                                                       << layers_named_in(said, network));
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
  }
  return {static_cast<const char*>(built->data()), built->size()};
}

}  // namespace torch_tensorrt::backends::tensorrt
