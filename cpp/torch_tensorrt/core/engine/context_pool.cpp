#include "torch_tensorrt/core/engine/context_pool.h"

#include <algorithm>

namespace torch_tensorrt::engine {

// The one that was put last: its memory is warm.
template <typename Fits>
std::unique_ptr<Context> ContextPool::take_last(Fits fits) {
  const auto found = std::find_if(entries_.rbegin(), entries_.rend(), fits);
  if (found == entries_.rend()) return nullptr;
  auto context = std::move(found->context);
  entries_.erase(std::next(found).base());
  return context;
}

std::unique_ptr<Context> ContextPool::take(void* stream, uint64_t recording) {
  const std::lock_guard lock(mutex_);
  auto context = take_last([&](const Entry& e) { return e.stream == stream && e.recording == recording; });
  if (context != nullptr || recording == 0) return context;
  context = take_last([&](const Entry& e) { return e.stream == stream && e.recording == 0; });
  if (context != nullptr) return context;
  return take_last([](const Entry& e) { return e.recording == 0; });
}

void ContextPool::put(std::unique_ptr<Context> context, void* stream, uint64_t recording) {
  std::unique_ptr<Context> oldest;  // dies after the lock is gone
  const std::lock_guard lock(mutex_);
  const auto is_free = [](const Entry& entry) { return entry.recording == 0; };
  const auto first = std::find_if(entries_.begin(), entries_.end(), is_free);
  if (recording == 0 && static_cast<size_t>(std::count_if(first, entries_.end(), is_free)) >= kLimit) {
    oldest = std::move(first->context);
    entries_.erase(first);
  }
  entries_.push_back({std::move(context), stream, recording});
}

}  // namespace torch_tensorrt::engine
