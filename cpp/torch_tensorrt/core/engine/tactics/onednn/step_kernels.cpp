#include "torch_tensorrt/core/engine/tactics/onednn/step_kernels.h"

namespace torch_tensorrt::engine::onednn {

const StepKernels* find_step_kernels() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    return &kAvx512StepKernels;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &kAvx2StepKernels;
#endif
  return nullptr;
}

}  // namespace torch_tensorrt::engine::onednn
