#include "torch_tensorrt/core/engine/run/thread_limit.h"

// Weak, for builds without OpenMP.
extern "C" int omp_get_max_threads() __attribute__((weak));
extern "C" void omp_set_num_threads(int) __attribute__((weak));

namespace torch_tensorrt::engine {
namespace {

ThreadHook hook = {[] {}, [](int32_t) { return 0; }};

}  // namespace

void set_thread_hook(const ThreadHook& given) { hook = given; }

ThreadLimit::ThreadLimit(int64_t threads) {
  if (threads <= 0 || omp_set_num_threads == nullptr || omp_get_max_threads == nullptr) return;
  hook.prepare();
  before_ = omp_get_max_threads();
  omp_set_num_threads(static_cast<int>(threads));
  before_of_library_ = hook.set(static_cast<int32_t>(threads));
}

ThreadLimit::~ThreadLimit() {
  if (before_ == 0) return;
  omp_set_num_threads(before_);
  hook.set(before_of_library_);
}

}  // namespace torch_tensorrt::engine
