#include "torch_tensorrt/core/backends/tensorrt/run/config.h"

#include <algorithm>

#include "torch_tensorrt/core/backends/tensorrt/blocks.h"
#include "torch_tensorrt/core/backends/tensorrt/prepare/host_values.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using nvinfer1::BuilderFlag;
using nvinfer1::MemoryPoolType;
using nvinfer1::OptProfileSelector;

static_assert(static_cast<int32_t>(network::EngineCapability::kDLA_STANDALONE) ==
              static_cast<int32_t>(nvinfer1::EngineCapability::kDLA_STANDALONE));

void set_flag(nvinfer1::IBuilderConfig& config, BuilderFlag flag, bool on) {
  if (on) {
    config.setFlag(flag);
  } else {
    config.clearFlag(flag);
  }
}

void set_precisions(nvinfer1::IBuilderConfig& config, const engine::BuildSettings& settings,
                    const Precisions& precisions) {
  set_flag(config, BuilderFlag::kTF32, !settings.disable_tf32);
  if (precisions.strongly_typed) return;
  const auto enabled = [&](network::DataType type) { return settings.enabled_precisions.count(type) != 0; };
  set_flag(config, BuilderFlag::kFP16, enabled(network::DataType::kHALF));
  set_flag(config, BuilderFlag::kBF16, enabled(network::DataType::kBF16));
  set_flag(config, BuilderFlag::kINT8, precisions.quantized);
  // Layers that need f32 ask for it one by one.
  config.setFlag(BuilderFlag::kPREFER_PRECISION_CONSTRAINTS);
}

void set_limit(nvinfer1::IBuilderConfig& config, MemoryPoolType pool, uint64_t bytes) {
  if (bytes > 0) config.setMemoryPoolLimit(pool, static_cast<size_t>(bytes));
}

void set_dla(nvinfer1::IBuilderConfig& config, const engine::BuildSettings& settings) {
  if (!settings.device.is_dla()) return;
  config.setDefaultDeviceType(nvinfer1::DeviceType::kDLA);
  config.setDLACore(settings.device.used_dla_core());
  set_flag(config, BuilderFlag::kGPU_FALLBACK, settings.device.allow_gpu_fallback);
  set_limit(config, MemoryPoolType::kDLA_MANAGED_SRAM, settings.dla_sram_size);
  set_limit(config, MemoryPoolType::kDLA_LOCAL_DRAM, settings.dla_local_dram_size);
  set_limit(config, MemoryPoolType::kDLA_GLOBAL_DRAM, settings.dla_global_dram_size);
}

void set_range(nvinfer1::IOptimizationProfile& profile, const network::ITensor& input,
               const network::ProfileRange& range) {
  const struct {
    OptProfileSelector selector;
    const network::Dims& dims;
  } ends[] = {{OptProfileSelector::kMIN, range.min},
              {OptProfileSelector::kOPT, range.opt},
              {OptProfileSelector::kMAX, range.max}};
  for (const auto& [selector, dims] : ends) {
    if (profile.setDimensions(input.getName(), selector, to_trt(dims))) continue;
    TORCHTRT_THROW_ERROR("TensorRT does not take the dims " << network::to_string(dims) << " for the input \""
                                                            << input.getName() << "\"");
  }
}

network::ProfileRange range_of(const network::ITensor& input, const network::Profile& profile) {
  const auto found = profile.find(input.getName());
  if (found != profile.end()) return found->second;
  const network::Dims dims = input.getDimensions();
  TORCHTRT_CHECK(dims.is_static(), "the input \"" << input.getName() << "\" " << network::to_string(dims)
                                                  << " is dynamic and has no range in a profile");
  return {dims, dims, dims};
}

// Whether TensorRT reads the input's values to know shapes. Reliable only once the whole network is there.
bool decides_on_shapes(const nvinfer1::ITensor& input) {
  return input.isShapeTensor() && input.getDimensions().nbDims <= 1;
}

const nvinfer1::ITensor* find_input(const nvinfer1::INetworkDefinition& target, const std::string& name) {
  for (int32_t i = 0; i < target.getNbInputs(); ++i) {
    if (name == target.getInput(i)->getName()) return target.getInput(i);
  }
  return nullptr;
}

void set_values(nvinfer1::IOptimizationProfile& profile, const network::ITensor& input,
                const network::ProfileRange& range) {
  const struct {
    OptProfileSelector selector;
    const std::vector<int64_t>& values;
  } ends[] = {{OptProfileSelector::kMIN, range.min_values},
              {OptProfileSelector::kOPT, range.opt_values},
              {OptProfileSelector::kMAX, range.max_values}};
  for (const auto& [selector, values] : ends) {
    const std::vector<int32_t> narrow = profile_values(input, values);
    const auto count = static_cast<int32_t>(narrow.size());
    if (count == 0 || profile.setShapeValues(input.getName(), selector, narrow.data(), count)) continue;
    TORCHTRT_THROW_ERROR("TensorRT does not take the values " << text_of(values) << " for "
                                                              << describe_argument(input));
  }
}

bool needs_profile(const nvinfer1::INetworkDefinition& target, const network::INetworkDefinition& network) {
  for (const network::ITensor* input : network.inputs()) {
    if (!input->getDimensions().is_static()) return true;
  }
  for (int32_t i = 0; i < target.getNbInputs(); ++i) {
    if (decides_on_shapes(*target.getInput(i))) return true;
  }
  return false;
}

// Fills the range of dims of each input, and of values for those inputs that TensorRT reads as shapes.
void fill_profile(nvinfer1::IOptimizationProfile& profile, const nvinfer1::INetworkDefinition& target,
                  const network::INetworkDefinition& network, const network::Profile& ours) {
  for (const network::ITensor* input : network.inputs()) {
    const network::ProfileRange range = range_of(*input, ours);
    set_range(profile, *input, range);
    const nvinfer1::ITensor* theirs = find_input(target, input->getName());
    if (theirs != nullptr && decides_on_shapes(*theirs)) set_values(profile, *input, range);
  }
}

}  // namespace

void configure(nvinfer1::IBuilderConfig& config, const engine::BuildSettings& settings, const Precisions& precisions) {
  set_precisions(config, settings, precisions);
  set_flag(config, BuilderFlag::kREFIT, settings.refit);
  set_flag(config, BuilderFlag::kSPARSE_WEIGHTS, settings.sparse_weights);
  set_flag(config, BuilderFlag::kVERSION_COMPATIBLE, settings.version_compatible);
  if (settings.hardware_compatible) {
    config.setHardwareCompatibilityLevel(nvinfer1::HardwareCompatibilityLevel::kAMPERE_PLUS);
  }
  config.setProfilingVerbosity(settings.debug ? nvinfer1::ProfilingVerbosity::kDETAILED
                                              : nvinfer1::ProfilingVerbosity::kLAYER_NAMES_ONLY);
  config.setEngineCapability(static_cast<nvinfer1::EngineCapability>(settings.capability));
  config.setAvgTimingIterations(std::max(1, static_cast<int32_t>(settings.num_avg_timing_iters)));
  set_limit(config, MemoryPoolType::kWORKSPACE, settings.workspace_size);
  if (settings.optimization_level >= 0) {
    config.setBuilderOptimizationLevel(static_cast<int32_t>(settings.optimization_level));
  }
  set_dla(config, settings);
}

void add_profiles(nvinfer1::IBuilder& builder, nvinfer1::IBuilderConfig& config,
                  const nvinfer1::INetworkDefinition& target, const network::INetworkDefinition& network) {
  if (!needs_profile(target, network)) return;
  // The dims may be known without a profile; range_of and profile_values report missing ranges.
  std::vector<network::Profile> profiles = network.profiles();
  if (profiles.empty()) profiles.emplace_back();
  for (const network::Profile& ours : profiles) {
    nvinfer1::IOptimizationProfile& profile = *builder.createOptimizationProfile();
    fill_profile(profile, target, network, ours);
    if (config.addOptimizationProfile(&profile) < 0) TORCHTRT_THROW_ERROR("TensorRT does not take a profile of ranges");
  }
}

}  // namespace torch_tensorrt::backends::tensorrt
