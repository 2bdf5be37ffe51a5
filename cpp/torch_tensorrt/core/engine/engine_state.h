#pragma once

#include <memory>
#include <string>

#include "torch_tensorrt/core/engine/context_pool.h"
#include "torch_tensorrt/core/engine/executable.h"
#include "torch_tensorrt/core/engine/plan.h"

namespace torch_tensorrt::engine {

// What an Engine is made of.
struct EngineState {
  std::shared_ptr<const std::string> bytes;
  std::shared_ptr<const Plan> plan;
  std::shared_ptr<const Executable> executable;

  ContextPool pool;
};

}  // namespace torch_tensorrt::engine
