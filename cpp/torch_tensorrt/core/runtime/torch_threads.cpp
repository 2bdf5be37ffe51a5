#include "torch_tensorrt/core/runtime/torch_threads.h"

#include "ATen/Parallel.h"

#include "torch_tensorrt/core/engine/run/thread_limit.h"

// From the MKL in PyTorch's library; weak, for builds of PyTorch without MKL. Returns the previous number.
extern "C" int MKL_Set_Num_Threads_Local(int threads) __attribute__((weak));

namespace torch_tensorrt::core::runtime {

void register_torch_threads() {
  const auto prepare = [] { at::get_num_threads(); };
  const auto set = [](int32_t threads) {
    return MKL_Set_Num_Threads_Local == nullptr ? 0 : MKL_Set_Num_Threads_Local(threads);
  };
  engine::set_thread_hook({prepare, set});
}

}  // namespace torch_tensorrt::core::runtime
