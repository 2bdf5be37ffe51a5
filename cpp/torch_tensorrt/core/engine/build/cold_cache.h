#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "torch_tensorrt/core/engine/tactics/tactic.h"

// The caches as a kernel finds them in an engine whose weights do not fit into them: with the activations of the layer
// before, and without the weights, which the other layers have displaced since the last run.
namespace torch_tensorrt::engine {

class ColdCache {
 public:
  // For second-level caches of so many bytes for a thread.
  explicit ColdCache(int64_t cache_bytes);
  // Fills the caches of all threads with other data.
  void displace() const;
  // Reads the memory into the caches, a part on each thread.
  static void load(const void* memory, int64_t bytes);

 private:
  std::vector<char> memory_;
};

// Of one core; 0 if the system does not tell.
int64_t second_level_cache_bytes();

// For timing the kernels of a network with so many bytes of weights on the target. Null if its caches hold the weights
// from run to run, if their size is unknown, and for a GPU.
std::unique_ptr<ColdCache> make_cold_cache(const DeviceTarget& target, int64_t weight_bytes);

}  // namespace torch_tensorrt::engine
