#pragma once

#include <memory>

#include "torch_tensorrt/core/engine/backend/executable.h"
#include "torch_tensorrt/core/engine/plan/plan.h"

namespace torch_tensorrt::backends::tensorrt {

// Loads the payload of a plan on the plan's device. Throws Error if this TensorRT does not take it, or the device is
// another one than the payload was built for.
std::shared_ptr<engine::Executable> load_executable(const engine::Plan& plan);

}  // namespace torch_tensorrt::backends::tensorrt
