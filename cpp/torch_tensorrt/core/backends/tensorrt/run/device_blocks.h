#pragma once

#include <cstdint>
#include <vector>

namespace torch_tensorrt::backends::tensorrt {

// Memory of the current device that stays where it is until all is released, so that recorded graphs stay right.
class DeviceBlocks {
 public:
  DeviceBlocks() = default;
  DeviceBlocks(const DeviceBlocks&) = delete;
  DeviceBlocks& operator=(const DeviceBlocks&) = delete;

  void* add(int64_t bytes);
  // The largest block that this function gave, when it has `bytes`, else a new one of twice its size, but not above
  // `most` where nothing needs more (0: not known). So calls of ever larger sizes take few blocks, and all blocks
  // together less than twice the last one, or three times `most`. Where the device has no room for twice the size, the
  // block has just `bytes`. Throws Error where it has no room for that either; the blocks are then as before.
  void* at_least(int64_t bytes, int64_t most);
  int64_t largest_bytes() const { return largest_bytes_; }
  // With the device current. Nothing may use the memory any more.
  void release() noexcept;

 private:
  std::vector<void*> blocks_;
  void* largest_ = nullptr;
  int64_t largest_bytes_ = 0;
};

}  // namespace torch_tensorrt::backends::tensorrt
