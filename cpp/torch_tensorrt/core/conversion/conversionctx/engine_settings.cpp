#include "torch_tensorrt/core/conversion/conversionctx/engine_settings.h"

#include <algorithm>

namespace torch_tensorrt::core::conversion {
namespace {

void add_backend_settings(const BuilderSettings& settings, engine::BuildSettings& build) {
  build.disable_tf32 = settings.disable_tf32;
  build.refit = settings.refit;
  build.sparse_weights = settings.sparse_weights;
  build.workspace_bytes = static_cast<int64_t>(settings.workspace_size);
  build.allow_gpu_fallback = settings.device.allow_gpu_fallback;
  build.capability = settings.capability;
  build.dla_sram_bytes = static_cast<int64_t>(settings.dla_sram_size);
  build.dla_local_dram_bytes = static_cast<int64_t>(settings.dla_local_dram_size);
  build.dla_global_dram_bytes = static_cast<int64_t>(settings.dla_global_dram_size);
}

}  // namespace

engine::DeviceTarget device_target(const ir::Device& device) {
  engine::DeviceTarget target;
  const bool cpu = device.device_type == nvinfer1::DeviceType::kCPU;
  target.kind = cpu ? engine::DeviceTarget::Kind::kCPU : engine::DeviceTarget::Kind::kCUDA;
  target.index = static_cast<int32_t>(device.gpu_id);
  if (device.device_type == nvinfer1::DeviceType::kDLA) target.dla_core = static_cast<int32_t>(device.dla_core);
  return target;
}

engine::BuildSettings engine_settings(const BuilderSettings& settings) {
  engine::BuildSettings build;
  build.name = settings.name;
  build.backend = settings.backend;
  build.target = engine::describe_target(device_target(settings.device));
  build.enabled_precisions = settings.enabled_precisions;
  if (build.enabled_precisions.empty()) build.enabled_precisions.insert(nvinfer1::DataType::kFLOAT);
  build.timing_iterations = std::max<int32_t>(1, static_cast<int32_t>(settings.num_avg_timing_iters));
  build.debug = settings.debug;
  build.max_specialisations = settings.max_specialisations;
  build.timing_cache_path = settings.timing_cache_path;
  build.optimization_level = static_cast<int32_t>(settings.optimization_level);
  build.version_compatible = settings.version_compatible;
  build.hardware_compatible = settings.hardware_compatible;
  build.strongly_typed = settings.use_explicit_typing;
  build.truncate_long_and_double = settings.truncate_long_and_double;
  add_backend_settings(settings, build);
  return build;
}

}  // namespace torch_tensorrt::core::conversion
