#pragma once

#include "torch_tensorrt/core/engine/run/engine.h"

namespace torch_tensorrt::engine {

// Median microseconds of one run of the engine at its opt dims, on its target, with made-up data. Waits for each run.
double time_engine(const Engine& engine);

}  // namespace torch_tensorrt::engine
