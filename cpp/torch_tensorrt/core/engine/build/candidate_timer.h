#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/build/builder.h"
#include "torch_tensorrt/core/engine/build/cold_cache.h"
#include "torch_tensorrt/core/engine/build/kernel_timer.h"
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
//
// The speed of a machine changes with the work of others on it, for milliseconds or seconds and not for all
// instructions alike. So a candidate and the fastest before it run in turns, and the ratio of their times decides.
class CandidateTimer {
 public:
  // `estimates`: runs nothing, and takes the first candidate in the registry's order with its estimated time.
  // `weight_bytes`: of the network; decides whether kernels find their weights in the caches.
  CandidateTimer(const DeviceTarget& target, const std::vector<std::string>& sources, int32_t iterations,
                 bool estimates, int64_t weight_bytes, TimingCache& cache)
      : target_(target),
        sources_(sources),
        iterations_(iterations),
        estimates_(estimates),
        cold_(estimates ? nullptr : make_cold_cache(target, weight_bytes)),
        cache_(cache) {}

  // Picks the fastest candidate; the earlier one wins a difference of less than 2 %. With `keeps_plain`, a tactic that
  // packs weights is picked only where no other runs the layer. Throws Error naming the layer that no
  // tactic runs, with every tactic's reason.
  TimedTactic pick(const LayerInstance& instance, bool keeps_plain = false);

  int32_t timed() const { return timed_; }
  int32_t from_cache() const { return from_cache_; }

 private:
  // A candidate with its time. `trial` is null if the time is from the cache.
  struct Contender {
    const Candidate* candidate = nullptr;
    double microseconds = 0;
    std::unique_ptr<KernelTrial> trial;
  };

  // Times the candidate in turns with `best`, the fastest before it, whose time the new runs may lower. `best` has no
  // candidate for the first one.
  Contender time(const Candidate& candidate, const LayerInstance& instance, OutputCheck& check, Contender& best);
  // Returns the time of the trial, and lowers that of `best`.
  double race(KernelTrial& trial, const LayerInstance& instance, Contender& best);
  std::unique_ptr<KernelTrial> make_trial(const Candidate& candidate, const LayerInstance& instance) const;
  std::string key_of(const Candidate& candidate, const LayerInstance& instance) const;

  const DeviceTarget& target_;
  const std::vector<std::string>& sources_;
  int32_t iterations_;
  bool estimates_;
  std::unique_ptr<ColdCache> cold_;
  TimingCache& cache_;
  int32_t timed_ = 0;
  int32_t from_cache_ = 0;
};

}  // namespace torch_tensorrt::engine
