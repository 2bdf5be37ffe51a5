#pragma once

#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"
#include "torch_tensorrt/core/engine/build_settings.h"

namespace torch_tensorrt::core::conversion {

// Both throw Error for a device that engines do not run on.
engine::DeviceTarget device_target(const ir::Device& device);
// What the engine's builder is told.
engine::BuildSettings engine_settings(const BuilderSettings& settings);

}  // namespace torch_tensorrt::core::conversion
