#pragma once

#include <cstdint>
#include <vector>

namespace torch_tensorrt::engine {

// One buffer that must exist from step `first` to step `last`, both included.
struct BufferRequest {
  int64_t bytes = 0;
  int32_t first = 0;
  int32_t last = 0;
};
struct MemoryPlan {
  std::vector<int64_t> offsets;  // one for each request; multiples of the alignment
  int64_t arena_bytes = 0;
  int64_t lower_bound_bytes = 0;  // most (aligned) bytes alive in one step: no plan can be smaller
};

// Memory for activations in a run: the output or the workspace of a layer, which lives from step `first` to step
// `last`, both included.
struct MemoryUse {
  int32_t layer = -1;
  bool is_workspace = false;
  int64_t bytes = 0;
  int64_t offset = -1;  // in the arena; -1: the layer's kernel keeps its output elsewhere
  int32_t first = 0;
  int32_t last = 0;
};

// The steps of a run and their memory.
struct MemoryOverTime {
  std::vector<int32_t> layers;  // of each step; -1: a copy to an output
  std::vector<MemoryUse> uses;
};

// Overlaps buffers that never live together. Tries several greedy orders (by size, by size times lifetime, by the live
// set at the fullest step) with best fit, and keeps the smallest arena. Deterministic.
MemoryPlan plan_memory(const std::vector<BufferRequest>& requests, int64_t alignment = 64);

}  // namespace torch_tensorrt::engine
