#pragma once

#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/tactics/tactic.h"

namespace torch_tensorrt::engine {

// The layer and its inputs, for error texts: `convolution "conv1" (model.py:42) with inputs f32[1x3x8x8]@hwc`.
std::string describe_instance(const LayerInstance& instance);

// The tactics that run the instance, best first. `sources` ("onednn", "aten"), when not empty, restricts them.
std::vector<const Tactic*> usable_tactics(const LayerInstance& instance, const DeviceTarget& target,
                                          const std::vector<std::string>& sources);

// Throws the Error for an instance that no tactic runs: the instance, and every tactic's reason.
[[noreturn]] void throw_unusable(const LayerInstance& instance, const DeviceTarget& target,
                                 const std::vector<std::string>& sources);

// Returns `preferred` if it takes the instance, else the first usable tactic. Throws Error when there is none.
const Tactic& tactic_for(const LayerInstance& instance, const Tactic* preferred, const DeviceTarget& target);

// Prepares the kernel; errors name the layer and the tactic.
std::unique_ptr<Kernel> prepare_kernel(const Tactic& tactic, const LayerInstance& instance, WeightStore& weights,
                                       const DeviceTarget& target);

}  // namespace torch_tensorrt::engine
