#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "torch_tensorrt/core/engine/tactics/tactic.h"

// Times of kernels and engines, with made-up data.
namespace torch_tensorrt::engine {

class ColdCache;
class Engine;

// Fills host memory of desc.bytes() with data for timing: random numbers in [-1, 1) for floats, random bytes for 8-bit
// integers, 0 (a valid index of anything) for other integers; 1 for integer divisors.
void fill_for_timing(void* memory, const TensorDesc& desc, bool is_divisor = false);

// Microseconds of one run on the target; waits for its end.
double time_run(const DeviceTarget& target, const std::function<void()>& run);

// A candidate's kernel with memory of its own, on the target: for all its tensors, and for the weights that it packs,
// which are freed with it.
class KernelTrial {
 public:
  // With `cold`, runs start with what an engine leaves in the caches. Throws Error if the candidate cannot be prepared.
  KernelTrial(const Candidate& candidate, const LayerInstance& instance, const DeviceTarget& target,
              const ColdCache* cold = nullptr);
  // Microseconds.
  double run();
  // Output i of the last run. On a CPU only.
  const void* output(size_t i) const { return outputs_[i]; }

 private:
  const void* input(const LayerInstance& instance, size_t i);
  void displace_weights() const;

  // An input that an engine's other layers compute.
  struct Activation {
    const void* memory;
    int64_t bytes;
  };

  const DeviceTarget& target_;
  const ColdCache* cold_;
  std::vector<Activation> activations_;
  double last_run_ = 0;  // microseconds
  WeightStore weights_;
  std::unique_ptr<Kernel> kernel_;
  bool owns_output_;
  std::shared_ptr<void> workspace_;
  std::vector<std::shared_ptr<void>> blocks_;
  std::vector<const void*> inputs_;
  std::vector<void*> outputs_;
  void* stream_ = nullptr;
};

// Median microseconds of one run of the engine at its opt dims, on its target, with made-up data. Waits for each run.
double time_engine(const Engine& engine);

}  // namespace torch_tensorrt::engine
