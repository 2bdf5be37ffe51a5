#pragma once

#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/build/builder.h"
#include "torch_tensorrt/core/engine/build/output_check.h"
#include "torch_tensorrt/core/engine/build/timing_cache.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"

namespace torch_tensorrt::engine {

// The implementation that was chosen for an instance and its time, and the fastest of the others.
struct TimedTactic {
  const Tactic* tactic = nullptr;
  std::string config;
  double microseconds = 0;
  std::string runner_up;  // a candidate_text; empty if there is no other, or no other was timed
  double runner_up_microseconds = 0;
};

// Runs the candidates for layer instances on random data and picks the fastest. On a CPU, what they compute is compared
// with ATen's result first: a wrong kernel wins no race.
class CandidateTimer {
 public:
  // `estimates`: runs nothing, and takes the first candidate in the registry's order with its estimated time.
  CandidateTimer(const DeviceTarget& target, const std::vector<std::string>& sources, int32_t iterations,
                 bool estimates, TimingCache& cache)
      : target_(target), sources_(sources), iterations_(iterations), estimates_(estimates), cache_(cache) {}

  // Picks the fastest candidate; the earlier one wins a difference of less than 2 %. With `keeps_plain`, a tactic that
  // packs weights is picked only where no other runs the layer. Throws Error naming the layer that no
  // tactic runs, with every tactic's reason.
  TimedTactic pick(const LayerInstance& instance, bool keeps_plain = false);

  int32_t timed() const { return timed_; }
  int32_t from_cache() const { return from_cache_; }

 private:
  double time(const Candidate& candidate, const LayerInstance& instance, OutputCheck& check, double best);

  const DeviceTarget& target_;
  const std::vector<std::string>& sources_;
  int32_t iterations_;
  bool estimates_;
  TimingCache& cache_;
  int32_t timed_ = 0;
  int32_t from_cache_ = 0;
};

}  // namespace torch_tensorrt::engine
