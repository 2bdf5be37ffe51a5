#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "torch_tensorrt/core/engine/run/context.h"

namespace torch_tensorrt::engine {

// Contexts between two calls. Thread-safe; each function takes one lock. Engine::acquire_context explains streams and
// recordings.
class ContextPool {
 public:
  // Keeps at most this many contexts, not counting those of recordings, which are all kept.
  static constexpr size_t kLimit = 16;

  ContextPool() { free_.reserve(kLimit); }

  // Null when none fits. Makes room for the context's return, so that put() needs no memory.
  std::unique_ptr<Context> take(void* stream, uint64_t recording);
  void put(std::unique_ptr<Context> context, void* stream, uint64_t recording) noexcept;

 private:
  struct Entry {
    std::unique_ptr<Context> context;
    void* stream = nullptr;  // of the context's last call
    uint64_t recording = 0;
  };
  using Entries = std::vector<Entry>;  // ordered by time of put(), the latest last
  template <typename Fits>
  static std::unique_ptr<Context> take_last(Entries& entries, Fits fits);

  std::mutex mutex_;
  Entries free_;
  Entries recorded_;
  size_t lent_to_recordings_ = 0;
};

}  // namespace torch_tensorrt::engine
