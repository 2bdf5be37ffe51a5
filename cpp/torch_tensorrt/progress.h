#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "torch_tensorrt/macros.h"

namespace torch_tensorrt {

/// Where a call that takes time is: a compilation, a refit, a calibration.
struct Progress {
  std::string activity;      ///< the call: "compiling Net"
  std::string step;          ///< its current step: "timing layers of Net_forward"
  int64_t done = 0;          ///< finished parts of the step: layers, passes, batches
  int64_t total = 0;         ///< all parts of the step; 0 if they are not counted
  double seconds = 0;        ///< since the call began
  double seconds_left = -1;  ///< until the step ends, estimated from its finished parts; -1 if not known
};

/// Receives the progress. What it throws ends the call, with that exception.
using ProgressListener = std::function<void(const Progress&)>;

/// Sets who listens to calls of this thread, and returns the listener before. An empty listener is nobody; on a
/// terminal, a call then shows its progress itself. The listener is called in this thread, at the beginning and the end
/// of each step, and otherwise at most ten times a second. A call that runs already keeps its listener.
TORCHTRT_API ProgressListener set_progress_listener(ProgressListener listener);

}  // namespace torch_tensorrt
