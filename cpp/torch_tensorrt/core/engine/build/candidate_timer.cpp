#include "torch_tensorrt/core/engine/build/candidate_timer.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "torch_tensorrt/core/engine/cuda/device_access.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/engine/plan/network_weights.h"
#include "torch_tensorrt/core/engine/plan/weight_store.h"
#include "torch_tensorrt/core/engine/run/context.h"
#include "torch_tensorrt/core/engine/run/engine.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/network/host/evaluate_elements.h"
#include "torch_tensorrt/core/network/shapes/shape_inference.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/core/util/progress.h"

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

// Numbers in [-1, 1), as zeros and denormals can take the machine a different time.
void fill_floats(float* values, int64_t count) {
  uint32_t state = 12345;
  for (int64_t i = 0; i < count; ++i) {
    state = state * 1664525 + 1013904223;
    values[i] = static_cast<float>(static_cast<int32_t>(state)) / 2147483648.0F;
  }
}

// Integer divisors are 1; other integers are 0, a valid index of anything.
void fill_ones(void* memory, const TensorDesc& desc) {
  const auto count = static_cast<size_t>(desc.dims.volume());
  if (desc.dtype == network::DataType::kINT64) std::fill_n(static_cast<int64_t*>(memory), count, int64_t{1});
  if (desc.dtype == network::DataType::kINT32) std::fill_n(static_cast<int32_t*>(memory), count, int32_t{1});
  if (desc.dtype == network::DataType::kINT16) std::fill_n(static_cast<int16_t*>(memory), count, int16_t{1});
  if (desc.bytes() == desc.dims.volume()) std::memset(memory, 1, count);
}

// Fills host memory of desc.bytes() with data for timing: numbers in [-1, 1) for f32, a normal number for other floats,
// 0 (a valid index of anything) for integers, or 1 for integer divisors.
// The bits 0x3c00 are 1 as f16 and 1/128 as bf16: a normal number either way.
void fill_for_timing(void* memory, const TensorDesc& desc, bool is_divisor = false) {
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

double run_once(Kernel& kernel, const DeviceTarget& target, const void* const* inputs, void* const* outputs,
                void* workspace) {
  const auto start = std::chrono::steady_clock::now();
  kernel.run(inputs, outputs, workspace);
  if (kernel.can_own_output()) kernel.release_output();
  synchronize(target);
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

// Memory for one run of an instance, on the target.
class RunMemory {
 public:
  RunMemory(const LayerInstance& instance, const DeviceTarget& target, int64_t workspace_bytes)
      : target_(target), workspace_(allocate_on(target, workspace_bytes)) {
    for (size_t i = 0; i < instance.inputs.size(); ++i) inputs_.push_back(input(instance, i));
    for (const TensorDesc& desc : instance.outputs) {
      blocks_.push_back(allocate_on(target, desc.bytes()));
      outputs_.push_back(blocks_.back().get());
    }
  }

  const void* const* inputs() const { return inputs_.data(); }
  void* const* outputs() const { return outputs_.data(); }
  void* workspace() const { return workspace_.get(); }

 private:
  const void* input(const LayerInstance& instance, size_t i) {
    if (!instance.present[i]) return nullptr;
    const TensorDesc& desc = instance.inputs[i];
    const bool on_host = target_.is_cpu();
    if (on_host && instance.constants[i] != nullptr) return instance.constants[i];
    std::shared_ptr<void> host;
    if (instance.constants[i] == nullptr) {
      host = allocate_aligned(desc.bytes());
      const bool is_divisor = i == 1 && instance.layer->getType() == network::LayerType::kELEMENTWISE;
      fill_for_timing(host.get(), desc, is_divisor);
    }
    if (on_host) {
      blocks_.push_back(host);
      return host.get();
    }
    const void* from = host != nullptr ? host.get() : instance.constants[i];
    blocks_.push_back(allocate_on(target_, desc.bytes()));
    copy_to(target_, blocks_.back().get(), from, desc.bytes());
    return blocks_.back().get();
  }

  const DeviceTarget& target_;
  std::shared_ptr<void> workspace_;
  std::vector<std::shared_ptr<void>> blocks_;
  std::vector<const void*> inputs_;
  std::vector<void*> outputs_;
};

// Weights of one layer only, so that the weights packed by a candidate are freed with this store.
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

// Rounds as the timing cache does, so that a build that measures and one that reads the cache write the same plan.
double rounded(double microseconds) { return std::round(microseconds * 1000.0) / 1000.0; }

void keep_faster(TimedTactic& best, const Tactic& tactic, double microseconds) {
  if (best.tactic == nullptr) {
    best.tactic = &tactic;
    best.microseconds = microseconds;
  } else if (microseconds < kMustBeat * best.microseconds) {
    best = {&tactic, microseconds, best.tactic, best.microseconds};
  } else if (best.runner_up == nullptr || microseconds < best.runner_up_microseconds) {
    best.runner_up = &tactic;
    best.runner_up_microseconds = microseconds;
  }
}

}  // namespace

double CandidateTimer::measure(Kernel& kernel, const LayerInstance& instance, double best) {
  const RunMemory memory(instance, target_, kernel.workspace_bytes());
  if (kernel.can_own_output()) kernel.own_output();  // as in most runs of an engine
  const auto run = [&] {
    core::util::tick();
    return run_once(kernel, target_, memory.inputs(), memory.outputs(), memory.workspace());
  };
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
  core::util::tick();
  WeightStore store;
  put_weights_of(instance, store);
  const auto kernel = prepare_kernel(tactic, instance, store, target_);
  const double microseconds = rounded(measure(*kernel, instance, best));
  cache_.put(key, microseconds);
  ++timed_;
  return microseconds;
}

TimedTactic CandidateTimer::pick(const LayerInstance& instance, bool keeps_plain) {
  auto tactics = usable_tactics(instance, target_, sources_);
  if (tactics.empty()) throw_unusable(instance, target_, sources_);
  const auto packs = [&](const Tactic* tactic) {
    const PackingTactic* packing = as_packing(*tactic);
    return packing != nullptr && packing->packs_weights(instance);
  };
  if (keeps_plain && !std::all_of(tactics.begin(), tactics.end(), packs)) {
    tactics.erase(std::remove_if(tactics.begin(), tactics.end(), packs), tactics.end());
  }
  // On a GPU, timing a single candidate is not worth the uploads.
  if (estimates_ || (tactics.size() == 1 && !target_.is_cpu())) {
    TimedTactic first;
    first.tactic = tactics.front();
    first.microseconds = rounded(first.tactic->estimate_microseconds(instance));
    return first;
  }
  TimedTactic best;
  best.microseconds = std::numeric_limits<double>::infinity();
  std::string failures;
  for (const Tactic* tactic : tactics) {
    try {
      const double microseconds = time(*tactic, instance, best.microseconds);
      LOG_DEBUG("  " << tactic->name() << ": " << microseconds << " us");
      keep_faster(best, *tactic, microseconds);
    } catch (const Error& e) {
      // A tactic that cannot keep its promise does not stop the others.
      LOG_DEBUG("  " << tactic->name() << " failed: " << e.msg());
      failures += "  " + e.msg() + "\n";
    }
  }
  if (best.tactic == nullptr) {
    TORCHTRT_THROW_ERROR("every tactic for " << describe_instance(instance) << " failed:\n" << failures);
  }
  return best;
}

namespace {

constexpr int kWarmUps = 5;
constexpr int kRuns = 30;

using Values = std::optional<network::ShapeValue>;

void write_values(void* memory, network::DataType type, const network::ShapeValue& values) {
  for (size_t i = 0; i < values.elements.size(); ++i) {
    network::store_integer(type, memory, static_cast<int64_t>(i), values.elements[i]);
  }
}

std::shared_ptr<void> made_up_input(const DeviceTarget& target, const TensorDesc& desc, const Values& values) {
  auto host = allocate_aligned(desc.bytes());
  fill_for_timing(host.get(), desc);
  if (values) write_values(host.get(), desc.dtype, *values);
  if (target.is_cpu()) return host;
  auto memory = allocate_on(target, desc.bytes());
  copy_to(target, memory.get(), host.get(), desc.bytes());
  return memory;
}

// Elements of inputs that are used as shapes, at the opt values; one entry for each input.
std::vector<Values> opt_values(const Engine& engine) {
  std::vector<Values> values;
  if (engine.plan().network != nullptr) {
    values = network::profile_values(*engine.plan().network, &network::ProfileRange::opt_values);
  }
  values.resize(engine.inputs().size());
  return values;
}

// Gives memory of their own to outputs whose dims only the run can tell.
class KeepingAllocator final : public OutputAllocator {
 public:
  KeepingAllocator(const DeviceTarget& target, size_t count) : target_(target), blocks_(count), sizes_(count, 0) {}
  void* allocate(int32_t output, int64_t bytes) override {
    const auto i = static_cast<size_t>(output);
    if (blocks_[i] == nullptr || bytes > sizes_[i]) {
      blocks_[i] = allocate_on(target_, bytes);
      sizes_[i] = bytes;
    }
    return blocks_[i].get();
  }
  void set_dims(int32_t, const network::Dims&) override {}

 private:
  const DeviceTarget& target_;
  std::vector<std::shared_ptr<void>> blocks_;
  std::vector<int64_t> sizes_;
};

}  // namespace

double time_engine(const Engine& engine) {
  using Clock = std::chrono::steady_clock;
  const DeviceTarget& target = engine.target();
  const bool on_gpu = !target.is_cpu();
  std::optional<cuda::DeviceGuard> guard;
  if (on_gpu) guard.emplace(target.gpu_id);
  std::vector<network::Dims> dims;
  for (const IoTensor& input : engine.inputs()) dims.push_back(input.opt);
  const auto context = engine.create_context();
  const std::vector<Values> values = opt_values(engine);
  std::vector<const int64_t*> shape_values;
  for (const Values& one : values) shape_values.push_back(one ? one->elements.data() : nullptr);
  const auto output_dims = context->set_input_dims(dims, shape_values.data());
  std::vector<std::shared_ptr<void>> memory;
  std::vector<const void*> inputs;
  for (size_t i = 0; i < dims.size(); ++i) {
    const IoTensor& input = engine.inputs()[i];
    memory.push_back(made_up_input(target, {input.dtype, dims[i], input.format}, values[i]));
    inputs.push_back(memory.back().get());
  }
  std::vector<void*> outputs;
  for (size_t i = 0; i < output_dims.size(); ++i) {
    const IoTensor& output = engine.outputs()[i];
    memory.push_back(nullptr);
    if (output_dims[i].is_static()) {
      memory.back() = allocate_on(target, TensorDesc{output.dtype, output_dims[i], output.format}.bytes());
    }
    outputs.push_back(memory.back().get());
  }
  KeepingAllocator allocator(target, outputs.size());
  RunOptions options;
  options.allocator = &allocator;
  if (on_gpu) options.stream = require_cuda_access().current_stream(target.gpu_id);
  std::vector<double> times;
  for (int i = 0; i < kWarmUps + kRuns; ++i) {
    core::util::report("timing the engine " + engine.plan().name, i, kWarmUps + kRuns);
    const auto start = Clock::now();
    context->run(inputs.data(), outputs.data(), options);
    synchronize(target);
    const std::chrono::duration<double, std::micro> passed = Clock::now() - start;
    if (i >= kWarmUps) times.push_back(passed.count());
  }
  std::nth_element(times.begin(), times.begin() + kRuns / 2, times.end());
  return times[kRuns / 2];
}

}  // namespace torch_tensorrt::engine
