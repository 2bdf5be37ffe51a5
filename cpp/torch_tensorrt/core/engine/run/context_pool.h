#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "torch_tensorrt/core/engine/run/context.h"

namespace torch_tensorrt::engine {

// Contexts between two calls. Thread-safe; one lock a call of either function. What streams and recordings mean is said
// at Engine::acquire_context.
class ContextPool {
 public:
  // At most this many are kept beside those of recordings, which all are.
  static constexpr size_t kLimit = 16;

  ContextPool() { free_.reserve(kLimit); }

  // Null when none fits. Makes room for the context that comes back, so that putting it needs no memory.
  std::unique_ptr<Context> take(void* stream, uint64_t recording);
  void put(std::unique_ptr<Context> context, void* stream, uint64_t recording) noexcept;

 private:
  struct Entry {
    std::unique_ptr<Context> context;
    void* stream = nullptr;  // of its last call
    uint64_t recording = 0;
  };
  using Entries = std::vector<Entry>;  // the one that was put last is the last
  template <typename Fits>
  static std::unique_ptr<Context> take_last(Entries& entries, Fits fits);

  std::mutex mutex_;
  Entries free_;
  Entries recorded_;
  size_t lent_to_recordings_ = 0;
};

}  // namespace torch_tensorrt::engine
