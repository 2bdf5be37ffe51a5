#include "torch_tensorrt/core/engine/build/candidate_timer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/progress.h"

namespace torch_tensorrt::engine {
namespace {

// A later candidate must be this much faster, so that noise does not decide.
constexpr double kMustBeat = 0.98;

// Rounds as the timing cache does, so that a build that measures and one that reads the cache write the same plan.
double rounded(double microseconds) { return std::round(microseconds * 1000.0) / 1000.0; }

std::string text_of(const Candidate& candidate) {
  return candidate_text(candidate.tactic->name(), candidate.implementation.config);
}

void keep_faster(TimedTactic& best, const Candidate& candidate, double microseconds) {
  const bool is_first = best.tactic == nullptr;
  if (is_first || microseconds < kMustBeat * best.microseconds) {
    if (!is_first) {
      best.runner_up = candidate_text(best.tactic->name(), best.config);
      best.runner_up_microseconds = best.microseconds;
    }
    best.tactic = candidate.tactic;
    best.config = candidate.implementation.config;
    best.microseconds = microseconds;
  } else if (best.runner_up.empty() || microseconds < best.runner_up_microseconds) {
    best.runner_up = text_of(candidate);
    best.runner_up_microseconds = microseconds;
  }
}

}  // namespace

double CandidateTimer::time(const Candidate& candidate, const LayerInstance& instance, OutputCheck& check,
                            double best) {
  const std::string key = timing_key(instance, candidate, target_);
  if (const auto known = cache_.find(key)) {
    ++from_cache_;
    return *known;
  }
  core::util::tick();
  KernelTrial trial(candidate, instance, target_);
  const double microseconds = rounded(trial.fastest(best, iterations_));
  if (const Decision right = check.check(candidate, trial); !right) {
    LOG_WARNING("tactic " << text_of(candidate) << " is not used for " << describe_instance(instance) << ": "
                          << right.reason());
    TORCHTRT_THROW_ERROR(right.reason());
  }
  cache_.put(key, microseconds);
  ++timed_;
  return microseconds;
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
  TimedTactic best;
  best.microseconds = std::numeric_limits<double>::infinity();
  std::string failures;
  for (const Candidate& candidate : candidates) {
    try {
      const double microseconds = time(candidate, instance, check, best.microseconds);
      LOG_DEBUG("  " << text_of(candidate) << ": " << microseconds << " us");
      keep_faster(best, candidate, microseconds);
    } catch (const Error& e) {
      // A candidate that cannot keep its promise does not stop the others.
      LOG_DEBUG("  " << text_of(candidate) << " failed: " << e.msg());
      failures += "  " + e.msg() + "\n";
    }
  }
  if (best.tactic == nullptr) {
    TORCHTRT_THROW_ERROR("every tactic for " << describe_instance(instance) << " failed:\n" << failures);
  }
  return best;
}

}  // namespace torch_tensorrt::engine
