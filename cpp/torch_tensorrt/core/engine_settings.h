#pragma once

#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"
#include "torch_tensorrt/core/engine/build/build_settings.h"

// The settings of a build in the form of the engine library.
namespace torch_tensorrt::core {

engine::DeviceTarget device_target(const ir::Device& device);
engine::BuildSettings build_settings(const conversion::BuilderSettings& settings);

}  // namespace torch_tensorrt::core
