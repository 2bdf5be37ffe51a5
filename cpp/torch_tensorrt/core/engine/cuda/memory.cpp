#include "torch_tensorrt/core/engine/cuda/memory.h"

#include <algorithm>

#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::engine::cuda {

void* DeviceBlocks::add(int64_t bytes) {
  blocks_.push_back(nullptr);  // make room first, else a failure here would lose the block
  try {
    blocks_.back() = Driver::get().allocate(bytes);
  } catch (...) {
    blocks_.pop_back();
    throw;
  }
  return blocks_.back();
}

void* DeviceBlocks::at_least(int64_t bytes, int64_t most) {
  if (bytes <= largest_bytes_) return largest_;
  const int64_t doubled = most > 0 ? std::min(2 * largest_bytes_, most) : 2 * largest_bytes_;
  const int64_t size = std::max(bytes, doubled);
  int64_t given = size;
  void* block = nullptr;
  try {
    block = add(size);
  } catch (const Error&) {
    if (size == bytes) throw;
    given = bytes;  // the device has no room for later growth
    block = add(bytes);
  }
  largest_ = block;
  largest_bytes_ = given;
  return largest_;
}

void DeviceBlocks::release() noexcept {
  for (void* block : blocks_) Driver::get().release(block);
  blocks_.clear();
  largest_ = nullptr;
  largest_bytes_ = 0;
}

}  // namespace torch_tensorrt::engine::cuda
