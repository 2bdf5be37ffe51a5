#include "torch_tensorrt/core/engine/run/context_pool.h"

#include <algorithm>

namespace torch_tensorrt::engine {

// Takes the context that was put last: its memory is warm.
template <typename Fits>
std::unique_ptr<Context> ContextPool::take_last(Entries& entries, Fits fits) {
  const auto found = std::find_if(entries.rbegin(), entries.rend(), fits);
  if (found == entries.rend()) return nullptr;
  auto context = std::move(found->context);
  entries.erase(std::next(found).base());
  return context;
}

std::unique_ptr<Context> ContextPool::take(void* stream, uint64_t recording) {
  const auto of_stream = [stream](const Entry& entry) { return entry.stream == stream; };
  const std::lock_guard lock(mutex_);
  if (recording == 0) return take_last(free_, of_stream);
  recorded_.reserve(recorded_.size() + lent_to_recordings_ + 1);
  ++lent_to_recordings_;
  const auto own = [&](const Entry& entry) { return of_stream(entry) && entry.recording == recording; };
  if (auto context = take_last(recorded_, own)) return context;
  if (auto context = take_last(free_, of_stream)) return context;
  return take_last(free_, [](const Entry&) { return true; });
}

void ContextPool::put(std::unique_ptr<Context> context, void* stream, uint64_t recording) noexcept {
  std::unique_ptr<Context> oldest;  // destroyed after the lock is released
  const std::lock_guard lock(mutex_);
  if (recording == 0 && free_.size() >= kLimit) {
    oldest = std::move(free_.front().context);
    free_.erase(free_.begin());
  }
  if (recording != 0 && lent_to_recordings_ > 0) --lent_to_recordings_;
  (recording == 0 ? free_ : recorded_).push_back({std::move(context), stream, recording});
}

}  // namespace torch_tensorrt::engine
