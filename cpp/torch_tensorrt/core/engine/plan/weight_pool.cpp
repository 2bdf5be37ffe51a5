#include "torch_tensorrt/core/engine/plan/weight_pool.h"

#include <algorithm>
#include <cstring>

#include "torch_tensorrt/core/engine/plan/plan_header.h"
#include "torch_tensorrt/core/engine/plan/weight_store.h"

namespace torch_tensorrt::engine {

WeightPool& WeightPool::global() {
  static auto* pool = new WeightPool();
  return *pool;
}

// Holds the lock while it compares and copies, so that two threads that load the same weights hold them once.
WeightPool::Block WeightPool::share(const void* bytes, int64_t size) {
  const auto count = static_cast<size_t>(size);
  const uint64_t hash = checksum({static_cast<const char*>(bytes), count});
  const std::lock_guard lock(mutex_);
  const auto [first, last] = entries_.equal_range(hash);
  for (auto entry = first; entry != last; ++entry) {
    if (entry->second.size != size) continue;
    auto known = entry->second.data.lock();
    if (known != nullptr && std::memcmp(known.get(), bytes, count) == 0) return {std::move(known), true};
  }
  const auto copy = allocate_aligned(size);
  std::memcpy(copy.get(), bytes, count);
  if (entries_.size() >= most_entries_) remove_unused();
  entries_.emplace(hash, Entry{copy, size});
  return {copy, false};
}

WeightPool::Usage WeightPool::usage() const {
  const std::lock_guard lock(mutex_);
  Usage usage;
  for (const auto& [hash, entry] : entries_) {
    if (entry.data.expired()) continue;
    ++usage.blocks;
    usage.bytes += entry.size;
  }
  return usage;
}

void WeightPool::remove_unused() {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    entry = entry->second.data.expired() ? entries_.erase(entry) : std::next(entry);
  }
  most_entries_ = std::max<size_t>(2 * entries_.size(), 64);
}

}  // namespace torch_tensorrt::engine
