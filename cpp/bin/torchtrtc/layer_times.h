#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "torch/script.h"

namespace torchtrtc {

struct LayerTime {
  std::string engine;
  std::string layer;
  double milliseconds = 0;
};

// The medians over the calls, measured by the profilers of the module's engines, in the order of execution. Layers of
// engines that the calls do not reach have no times.
std::vector<LayerTime> layer_times(const torch::jit::Module& module, const std::function<void()>& call, int calls);

}  // namespace torchtrtc
