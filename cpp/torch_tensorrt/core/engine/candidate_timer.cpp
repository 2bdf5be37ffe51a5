#include "torch_tensorrt/core/engine/candidate_timer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>

#include "torch_tensorrt/core/engine/network_weights.h"
#include "torch_tensorrt/core/engine/tactic_choice.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

// A later tactic must be this much faster, so that noise does not decide.
constexpr double kMustBeat = 0.98;
// A candidate that is this much slower than the best in its first run is not run again.
constexpr double kHopeless = 3.0;
constexpr int32_t kRunsPerIteration = 3;
// Kernels that take microseconds are run more often, until this time has passed or this many runs.
constexpr double kEnoughMicroseconds = 2000.0;
constexpr int32_t kMaxRunsPerIteration = 20;

double run_once(Kernel& kernel, const void* const* inputs, void* const* outputs, void* workspace) {
  const auto start = std::chrono::steady_clock::now();
  kernel.run(inputs, outputs, workspace);
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

// Numbers in [-1, 1): zeros and denormals would be another computation to the machine.
void fill_floats(float* values, int64_t count) {
  uint32_t state = 12345;
  for (int64_t i = 0; i < count; ++i) {
    state = state * 1664525 + 1013904223;
    values[i] = static_cast<float>(static_cast<int32_t>(state)) / 2147483648.0F;
  }
}

// Integers that are divided by are 1; others are 0, which is a valid index of anything.
void fill_ones(void* memory, const TensorDesc& desc) {
  const auto count = static_cast<size_t>(desc.dims.volume());
  if (desc.dtype == network::DataType::kINT64) std::fill_n(static_cast<int64_t*>(memory), count, int64_t{1});
  if (desc.dtype == network::DataType::kINT32) std::fill_n(static_cast<int32_t*>(memory), count, int32_t{1});
  if (desc.bytes() == desc.dims.volume()) std::memset(memory, 1, count);
}

// Halves of both kinds take the upper bits of a float.
void fill(void* memory, const TensorDesc& desc, bool is_divisor) {
  const int64_t bytes = desc.bytes();
  if (desc.dtype == network::DataType::kFLOAT) {
    fill_floats(static_cast<float*>(memory), bytes / 4);
    return;
  }
  std::memset(memory, 0, static_cast<size_t>(bytes));
  if (is_divisor) fill_ones(memory, desc);
  const bool is_half = desc.dtype == network::DataType::kHALF || desc.dtype == network::DataType::kBF16;
  if (is_half) std::fill_n(static_cast<uint16_t*>(memory), bytes / 2, uint16_t{0x3c00});
  if (desc.dtype == network::DataType::kDOUBLE) std::fill_n(static_cast<double*>(memory), bytes / 8, 0.5);
}

// Memory for one run of an instance.
class RunMemory {
 public:
  RunMemory(const LayerInstance& instance, int64_t workspace_bytes) : workspace_(allocate_aligned(workspace_bytes)) {
    for (size_t i = 0; i < instance.inputs.size(); ++i) inputs_.push_back(input(instance, i));
    for (const TensorDesc& desc : instance.outputs) {
      blocks_.push_back(allocate_aligned(desc.bytes()));
      outputs_.push_back(blocks_.back().get());
    }
  }

  const void* const* inputs() const { return inputs_.data(); }
  void* const* outputs() const { return outputs_.data(); }
  void* workspace() const { return workspace_.get(); }

 private:
  const void* input(const LayerInstance& instance, size_t i) {
    if (!instance.present[i] || instance.constants[i] != nullptr) return instance.constants[i];
    blocks_.push_back(allocate_aligned(instance.inputs[i].bytes()));
    const bool is_divisor = i == 1 && instance.layer->getType() == network::LayerType::kELEMENTWISE;
    fill(blocks_.back().get(), instance.inputs[i], is_divisor);
    return blocks_.back().get();
  }

  std::shared_ptr<void> workspace_;
  std::vector<std::shared_ptr<void>> blocks_;
  std::vector<const void*> inputs_;
  std::vector<void*> outputs_;
};

// Weights of one layer, so that what a candidate packs goes away with it.
void put_weights_of(const LayerInstance& instance, WeightStore& store) {
  const auto borrow = [](const void* memory) { return std::shared_ptr<const void>(std::shared_ptr<void>(), memory); };
  const int32_t index = layer_index(*instance.layer);
  for_each_weights(*instance.layer, [&](const char* name, const network::Weights& weights) {
    store.put(weight_key(index, name), {"plain", weights.bytes(), borrow(weights.values)});
  });
  for (size_t i = 0; i < instance.constants.size(); ++i) {
    if (instance.constants[i] == nullptr) continue;
    const std::string key = input_key(index, static_cast<int32_t>(i));
    store.put(key, {"plain", instance.inputs[i].bytes(), borrow(instance.constants[i])});
  }
}

// As the timing cache keeps it, so that a build that measures and one that reads the cache write the same plan.
double rounded(double microseconds) { return std::round(microseconds * 1000.0) / 1000.0; }

}  // namespace

double CandidateTimer::measure(Kernel& kernel, const LayerInstance& instance, double best) {
  const RunMemory memory(instance, kernel.workspace_bytes());
  const auto run = [&] { return run_once(kernel, memory.inputs(), memory.outputs(), memory.workspace()); };
  run();  // touches the memory, fills the caches
  double fastest = run();
  double total = fastest;
  if (fastest > kHopeless * best) return fastest;
  for (int32_t i = 1; i < kMaxRunsPerIteration * iterations_; ++i) {
    if (i >= kRunsPerIteration * iterations_ && total >= kEnoughMicroseconds * iterations_) break;
    const double microseconds = run();
    fastest = std::min(fastest, microseconds);
    total += microseconds;
  }
  return fastest;
}

double CandidateTimer::time(const Tactic& tactic, const LayerInstance& instance, double best) {
  const std::string key = timing_key(instance, tactic, target_);
  if (const auto known = cache_.find(key)) {
    ++from_cache_;
    return *known;
  }
  WeightStore store;
  put_weights_of(instance, store);
  const auto kernel = prepare_kernel(tactic, instance, store, target_);
  const double microseconds = rounded(measure(*kernel, instance, best));
  cache_.put(key, microseconds);
  ++timed_;
  return microseconds;
}

TimedTactic CandidateTimer::pick(const LayerInstance& instance) {
  const auto tactics = usable_tactics(instance, target_, sources_);
  if (tactics.empty()) throw_unusable(instance, target_, sources_);
  TimedTactic best{nullptr, std::numeric_limits<double>::infinity()};
  std::string failures;
  for (const Tactic* tactic : tactics) {
    try {
      const double microseconds = time(*tactic, instance, best.microseconds);
      LOG_DEBUG("  " << tactic->name() << ": " << microseconds << " us");
      if (best.tactic == nullptr || microseconds < kMustBeat * best.microseconds) best = {tactic, microseconds};
    } catch (const Error& e) {
      // One that cannot do what it promised does not stop the others.
      LOG_DEBUG("  " << tactic->name() << " failed: " << e.msg());
      failures += "  " + e.msg() + "\n";
    }
  }
  if (best.tactic == nullptr) {
    TORCHTRT_THROW_ERROR("every tactic that should run " << describe_instance(instance) << " failed:\n" << failures);
  }
  return best;
}

}  // namespace torch_tensorrt::engine
