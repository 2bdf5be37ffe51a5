#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "torch_tensorrt/core/engine/build/kernel_timer.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"

namespace torch_tensorrt::engine {

// Compares what the candidates for an instance compute on the data for timing with what ATen computes. On a CPU only,
// and only if ATen is among them and runs the instance.
class OutputCheck {
 public:
  OutputCheck(const LayerInstance& instance, const DeviceTarget& target, const std::vector<Candidate>& candidates);
  // No, with the difference, if the outputs of the trial's last run are wrong. Runs ATen's kernel at the first call.
  Decision check(const Candidate& candidate, const KernelTrial& trial);

 private:
  bool run_reference();

  const LayerInstance& instance_;
  const DeviceTarget& target_;
  std::optional<Candidate> reference_;
  std::unique_ptr<KernelTrial> expected_;
};

// ||a - b|| / ||b|| of (a part of) the elements of two dense blocks; infinite if they are not finite at the same
// places. Infinity and NaN count as different from numbers only.
double relative_distance(const TensorDesc& desc, const void* a, const void* b);

}  // namespace torch_tensorrt::engine
