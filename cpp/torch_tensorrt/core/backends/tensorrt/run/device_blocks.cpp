#include "torch_tensorrt/core/backends/tensorrt/run/device_blocks.h"

#include <algorithm>

#include "torch_tensorrt/core/backends/tensorrt/run/cuda_driver.h"

namespace torch_tensorrt::backends::tensorrt {

void* DeviceBlocks::add(int64_t bytes) {
  blocks_.push_back(CudaDriver::get().allocate(bytes));
  return blocks_.back();
}

void* DeviceBlocks::at_least(int64_t bytes, int64_t most) {
  if (bytes <= largest_bytes_) return largest_;
  const int64_t doubled = most > 0 ? std::min(2 * largest_bytes_, most) : 2 * largest_bytes_;
  const int64_t size = std::max(bytes, doubled);
  largest_ = add(size);
  largest_bytes_ = size;
  return largest_;
}

void DeviceBlocks::release() noexcept {
  for (void* block : blocks_) CudaDriver::get().release(block);
  blocks_.clear();
  largest_ = nullptr;
  largest_bytes_ = 0;
}

}  // namespace torch_tensorrt::backends::tensorrt
