#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/context.h"
#include "torch_tensorrt/core/engine/executable.h"
#include "torch_tensorrt/core/engine/plan.h"

namespace torch_tensorrt::engine {

// What an Engine is made of.
struct EngineState {
  std::shared_ptr<const std::string> bytes;
  std::shared_ptr<const Plan> plan;
  std::shared_ptr<const Executable> executable;

  struct Pooled {
    std::unique_ptr<Context> context;
    void* stream = nullptr;  // of its last call
  };
  std::mutex pool_mutex;
  std::vector<Pooled> pool;
};

}  // namespace torch_tensorrt::engine
