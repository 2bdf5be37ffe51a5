#pragma once

#include <cstdint>

// How many threads the kernels of a CPU use.
namespace torch_tensorrt::engine {

// Limits calls of this thread to so many threads while it lives; 0 changes nothing. Other threads are unaffected.
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

// Sets the threads of a library that counts them beside OpenMP. `set` returns the number before. `prepare` is called
// before the limit is set: PyTorch sets the threads of a new thread when it first asks for them.
struct ThreadHook {
  void (*prepare)();
  int32_t (*set)(int32_t threads);
};
void set_thread_hook(const ThreadHook& hook);

}  // namespace torch_tensorrt::engine
