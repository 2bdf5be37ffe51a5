#pragma once

#include <cstdint>
#include <vector>

namespace torch_tensorrt::engine::cuda {

// Memory of the current device that keeps its address until release(), so that recorded graphs stay valid.
class DeviceBlocks {
 public:
  DeviceBlocks() = default;
  DeviceBlocks(const DeviceBlocks&) = delete;
  DeviceBlocks& operator=(const DeviceBlocks&) = delete;

  void* add(int64_t bytes);
  // Returns the latest block of this function if it has `bytes`, else a new block of twice that size, but at most
  // `most` unless `bytes` is more (0: no limit known). Thus calls of growing sizes take few blocks, and all blocks
  // together have less than twice the last size, or three times `most`. If the device has no room for twice the size,
  // the block has just `bytes`. Throws Error if that fails as well; the blocks are then unchanged.
  void* at_least(int64_t bytes, int64_t most);
  int64_t largest_bytes() const { return largest_bytes_; }
  // Call it with the device current, when nothing uses the memory any more.
  void release() noexcept;

 private:
  std::vector<void*> blocks_;
  void* largest_ = nullptr;
  int64_t largest_bytes_ = 0;
};

}  // namespace torch_tensorrt::engine::cuda
