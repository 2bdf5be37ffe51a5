#pragma once

#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"
#include "torch_tensorrt/core/engine/build_settings.h"

namespace torch_tensorrt::core::conversion {

// Both throw Error for a device that engines do not run on.
engine::DeviceTarget device_target(const ir::Device& device);
// What the engine's builder is told.
engine::BuildSettings engine_settings(const BuilderSettings& settings);

// Whether parameters must not be folded into the graph (lowering::LowerInfo): they may be replaced later, or a backend
// looks for what quantizes them.
template <typename Settings>
bool keeps_parameters_apart(const Settings& settings) {
  return settings.refit || settings.enabled_precisions.count(nvinfer1::DataType::kINT8) != 0;
}

}  // namespace torch_tensorrt::core::conversion
