#include "torch_tensorrt/core/engine/build/candidate_timer.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/progress.h"

namespace torch_tensorrt::engine {
namespace {

// A later candidate must be this much faster, so that noise does not decide.
constexpr double kMustBeat = 0.98;

// A candidate that is this much slower than the best in its first runs is not run again.
constexpr double kHopeless = 3.0;
// Turns of two kernels, times the number of iterations.
constexpr int32_t kTurns = 3;
// A candidate that is this much slower than the best in each of two turns gets no third.
constexpr double kSlow = 1.2;
// A turn is one run of a kernel; of fast kernels more, until this time has passed or this many runs.
constexpr double kEnoughMicroseconds = 1000.0;
constexpr int32_t kMaxRunsPerTurn = 6;

// Rounds as the timing cache does, so that a build that measures and one that reads the cache write the same plan.
double rounded(double microseconds) { return std::round(microseconds * 1000.0) / 1000.0; }

std::string text_of(const Candidate& candidate) {
  return candidate_text(candidate.tactic->name(), candidate.implementation.config);
}

// The least time of a run in a turn.
double take_turn(KernelTrial& trial) {
  double least = trial.run();
  double total = least;
  for (int32_t i = 1; i < kMaxRunsPerTurn && total < kEnoughMicroseconds; ++i) {
    const double microseconds = trial.run();
    least = std::min(least, microseconds);
    total += microseconds;
  }
  return least;
}

double time_alone(KernelTrial& trial, int32_t iterations) {
  double least = trial.run();
  for (int32_t i = 0; i < kTurns * iterations; ++i) least = std::min(least, take_turn(trial));
  return least;
}

struct Comparison {
  double standing;  // least microseconds of the standing kernel
  double ratio;     // the other kernel's time, divided by that of the standing one
};

Comparison compare(KernelTrial& standing, KernelTrial& other, int32_t iterations) {
  other.run();  // touches the memory
  double standing_time = standing.run();
  double other_time = other.run();
  if (other_time > kHopeless * standing_time) {  // perhaps something else ran instead
    standing_time = std::min(standing_time, standing.run());
    other_time = std::min(other_time, other.run());
    if (other_time > kHopeless * standing_time) return {standing_time, other_time / standing_time};
  }
  std::vector<double> ratios;
  for (int32_t i = 0; i < kTurns * iterations; ++i) {
    const double least = take_turn(standing);
    ratios.push_back(take_turn(other) / least);
    standing_time = std::min(standing_time, least);
    if (i > 0 && *std::min_element(ratios.begin(), ratios.end()) > kSlow) break;
  }
  const auto middle = ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2);
  std::nth_element(ratios.begin(), middle, ratios.end());
  return {standing_time, *middle};
}

}  // namespace

std::unique_ptr<KernelTrial> CandidateTimer::make_trial(const Candidate& candidate,
                                                        const LayerInstance& instance) const {
  return std::make_unique<KernelTrial>(candidate, instance, target_, cold_.get());
}

std::string CandidateTimer::key_of(const Candidate& candidate, const LayerInstance& instance) const {
  return timing_key(instance, candidate, target_, cold_ != nullptr);
}

double CandidateTimer::race(KernelTrial& trial, const LayerInstance& instance, Contender& best) {
  if (best.candidate == nullptr) return rounded(time_alone(trial, iterations_));
  if (best.trial == nullptr) best.trial = make_trial(*best.candidate, instance);
  const Comparison found = compare(*best.trial, trial, iterations_);
  if (rounded(found.standing) < best.microseconds) {
    best.microseconds = rounded(found.standing);
    cache_.put(key_of(*best.candidate, instance), best.microseconds);
  }
  return rounded(best.microseconds * found.ratio);
}

CandidateTimer::Contender CandidateTimer::time(const Candidate& candidate, const LayerInstance& instance,
                                               OutputCheck& check, Contender& best) {
  const std::string key = key_of(candidate, instance);
  if (const auto known = cache_.find(key)) {
    ++from_cache_;
    return {&candidate, *known, nullptr};
  }
  core::util::tick();
  auto trial = make_trial(candidate, instance);
  const double microseconds = race(*trial, instance, best);
  if (const Decision right = check.check(candidate, *trial); !right) {
    LOG_WARNING("tactic " << text_of(candidate) << " is not used for " << describe_instance(instance) << ": "
                          << right.reason());
    TORCHTRT_THROW_ERROR(right.reason());
  }
  cache_.put(key, microseconds);
  ++timed_;
  return {&candidate, microseconds, std::move(trial)};
}

TimedTactic CandidateTimer::pick(const LayerInstance& instance, bool keeps_plain) {
  auto candidates = usable_candidates(instance, target_, sources_);
  if (candidates.empty()) throw_unusable(instance, target_, sources_);
  const auto packs = [&](const Candidate& candidate) {
    const PackingTactic* packing = as_packing(*candidate.tactic);
    return packing != nullptr && packing->packs_weights(instance);
  };
  if (keeps_plain && !std::all_of(candidates.begin(), candidates.end(), packs)) {
    candidates.erase(std::remove_if(candidates.begin(), candidates.end(), packs), candidates.end());
  }
  // On a GPU, timing a single candidate is not worth the uploads.
  if (estimates_ || (candidates.size() == 1 && !target_.is_cpu())) {
    const Implementation& first = candidates.front().implementation;
    return {candidates.front().tactic, first.config, rounded(first.estimate_microseconds), "", 0};
  }
  OutputCheck check(instance, target_, candidates);
  Contender best;
  std::string runner_up;
  double runner_up_time = std::numeric_limits<double>::infinity();
  std::string failures;
  for (const Candidate& candidate : candidates) {
    try {
      Contender slower = time(candidate, instance, check, best);
      LOG_DEBUG("  " << text_of(candidate) << ": " << slower.microseconds << " us");
      const bool is_first = best.candidate == nullptr;
      if (is_first || slower.microseconds < kMustBeat * best.microseconds) std::swap(best, slower);
      if (is_first || slower.microseconds >= runner_up_time) continue;
      runner_up = text_of(*slower.candidate);
      runner_up_time = slower.microseconds;
    } catch (const Error& e) {
      // A candidate that cannot keep its promise does not stop the others.
      LOG_DEBUG("  " << text_of(candidate) << " failed: " << e.msg());
      failures += "  " + e.msg() + "\n";
    }
  }
  if (best.candidate == nullptr) {
    TORCHTRT_THROW_ERROR("every tactic for " << describe_instance(instance) << " failed:\n" << failures);
  }
  return {best.candidate->tactic, best.candidate->implementation.config, best.microseconds, runner_up,
          runner_up.empty() ? 0 : runner_up_time};
}

}  // namespace torch_tensorrt::engine
