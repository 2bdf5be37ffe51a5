#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace torch_tensorrt::engine {

// The large blocks of weights of all loaded engines, by content: engines with equal blocks share their memory.
// Thread-safe. The pool owns nothing: a block lives as long as an engine that uses it.
class WeightPool {
 public:
  // Plans leave smaller blocks out of the pool: they are not worth an entry.
  explicit WeightPool(int64_t smallest_block = int64_t{64} << 10) : smallest_block_(smallest_block) {}

  // The pool of the process. It is never destroyed, because engines may live until the process ends.
  static WeightPool& global();

  int64_t smallest_block() const { return smallest_block_; }

  struct Block {
    std::shared_ptr<const void> data;  // 64-byte aligned; nobody may write it
    bool was_known = false;            // an engine had these bytes already
  };
  // The block with these bytes: the known one, or a copy of the bytes.
  Block share(const void* bytes, int64_t size);

  struct Usage {
    int64_t blocks = 0;
    int64_t bytes = 0;
  };
  // Of the blocks that are in use.
  Usage usage() const;

 private:
  struct Entry {
    std::weak_ptr<const void> data;
    int64_t size = 0;
  };
  void remove_unused();

  const int64_t smallest_block_;
  mutable std::mutex mutex_;
  std::unordered_multimap<uint64_t, Entry> entries_;  // by a hash of the bytes
  size_t most_entries_ = 64;                          // before the unused ones are removed
};

}  // namespace torch_tensorrt::engine
