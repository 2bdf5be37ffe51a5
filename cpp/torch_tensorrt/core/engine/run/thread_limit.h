#pragma once

#include <cstdint>

// How many threads the kernels of a CPU use.
namespace torch_tensorrt::engine {

// While it lives, calls of this thread run on so many threads; 0: as many as before. Other threads are left alone.
class ThreadLimit {
 public:
  explicit ThreadLimit(int64_t threads);
  ~ThreadLimit();
  ThreadLimit(const ThreadLimit&) = delete;
  ThreadLimit& operator=(const ThreadLimit&) = delete;

 private:
  int32_t before_ = 0;  // 0: nothing was changed
  int32_t before_of_library_ = 0;
};

// Libraries that count threads beside OpenMP. `prepare` is called before the limit is set, as PyTorch sets the threads
// of a new thread when it first asks for them; `set` gives what was set before.
struct ThreadHook {
  void (*prepare)();
  int32_t (*set)(int32_t threads);
};
void set_thread_hook(const ThreadHook& hook);

}  // namespace torch_tensorrt::engine
