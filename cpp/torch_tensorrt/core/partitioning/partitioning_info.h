#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace torch_tensorrt::core::partitioning {

// Controls which operations may be left to PyTorch.
struct PartitioningInfo {
  bool enabled = false;  // false: everything must go into one engine
  uint64_t min_block_size = 3;
  std::vector<std::string> forced_fallback_operators;
  std::vector<std::string> forced_fallback_modules;
};

}  // namespace torch_tensorrt::core::partitioning
