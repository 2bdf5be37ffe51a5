#include "torch_tensorrt/core/engine_settings.h"

namespace torch_tensorrt::core {

engine::DeviceTarget device_target(const ir::Device& device) {
  engine::DeviceTarget target;
  const bool is_cpu = device.device_type == nvinfer1::DeviceType::kCPU;
  target.kind = is_cpu ? engine::DeviceTarget::Kind::kCPU : engine::DeviceTarget::Kind::kCUDA;
  target.index = static_cast<int32_t>(device.gpu_id);
  if (device.device_type == nvinfer1::DeviceType::kDLA) target.dla_core = static_cast<int32_t>(device.dla_core);
  target.allow_gpu_fallback = device.allow_gpu_fallback;
  return target;
}

engine::BuildSettings build_settings(const conversion::BuilderSettings& settings) {
  engine::BuildSettings build;
  static_cast<Settings&>(build) = settings;
  build.name = settings.name;
  build.target = engine::describe_target(device_target(settings.device));
  build.enabled_precisions = settings.enabled_precisions;
  if (build.enabled_precisions.empty()) build.enabled_precisions.insert(nvinfer1::DataType::kFLOAT);
  build.capability = settings.capability;
  return build;
}

}  // namespace torch_tensorrt::core
