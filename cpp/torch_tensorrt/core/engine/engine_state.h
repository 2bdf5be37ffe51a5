#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/engine.h"

namespace torch_tensorrt::engine {

// What an Engine and its contexts share.
struct EngineState {
  std::shared_ptr<const std::string> bytes;
  Plan plan;
  std::vector<const Tactic*> tactics;  // one a layer, null where the plan has none
  std::vector<IoTensor> inputs;
  std::vector<IoTensor> outputs;

  std::mutex pool_mutex;
  std::vector<std::unique_ptr<Context>> pool;
};

}  // namespace torch_tensorrt::engine
