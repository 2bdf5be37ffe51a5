#include "ATen/Parallel.h"

#include "torch_tensorrt/core/engine/thread_limit.h"
#include "torch_tensorrt/core/runtime/torch_threads.h"

// Of the MKL in PyTorch's library; weak, for builds of PyTorch without it. Gives the number before.
extern "C" int mkl_set_num_threads_local(int threads) __attribute__((weak));

namespace torch_tensorrt::core::runtime {

void register_torch_threads() {
  const auto prepare = [] { at::get_num_threads(); };
  const auto set = [](int32_t threads) {
    return mkl_set_num_threads_local == nullptr ? 0 : mkl_set_num_threads_local(threads);
  };
  engine::set_thread_hook({prepare, set});
}

}  // namespace torch_tensorrt::core::runtime
