#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "torch_tensorrt/core/engine/context.h"

namespace torch_tensorrt::engine {

// Contexts between two calls. Thread-safe; at most one lock a call of either function. What streams and recordings mean
// is said at Engine::acquire_context.
class ContextPool {
 public:
  // At most this many are kept beside those of recordings, which all are.
  static constexpr size_t kLimit = 16;

  // Null when none fits.
  std::unique_ptr<Context> take(void* stream, uint64_t recording);
  void put(std::unique_ptr<Context> context, void* stream, uint64_t recording);

 private:
  struct Entry {
    std::unique_ptr<Context> context;
    void* stream = nullptr;  // of its last call
    uint64_t recording = 0;
  };
  template <typename Fits>
  std::unique_ptr<Context> take_last(Fits fits);

  std::mutex mutex_;
  std::vector<Entry> entries_;  // the one that was put last is the last
};

}  // namespace torch_tensorrt::engine
