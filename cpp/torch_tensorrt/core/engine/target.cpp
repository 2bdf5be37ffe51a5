#include <thread>

#include "torch_tensorrt/core/engine/device_access.h"
#include "torch_tensorrt/core/engine/tactic.h"

// Whichever OpenMP runtime the process has (PyTorch's or oneDNN's) answers; linking one of our own would make a second.
extern "C" int omp_get_max_threads() __attribute__((weak));

namespace torch_tensorrt::engine {
namespace {

int32_t cpu_threads() {
  if (omp_get_max_threads != nullptr) return omp_get_max_threads();
  const auto threads = static_cast<int32_t>(std::thread::hardware_concurrency());
  return threads > 0 ? threads : 1;
}

// The newest of the instruction sets that kernels differ by, in oneDNN's words.
std::string cpu_isa() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx512_core = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  const bool vnni = avx512_core && __builtin_cpu_supports("avx512vnni");
  if (vnni && __builtin_cpu_supports("avx512bf16")) return "avx512_core_bf16";
  if (vnni) return "avx512_core_vnni";
  if (avx512_core) return "avx512_core";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "avx2";
  return "sse41";
#elif defined(__aarch64__)
  return "neon";
#else
  return "generic";
#endif
}

}  // namespace

DeviceTarget describe_target(DeviceTarget target) {
  if (target.kind == DeviceTarget::Kind::kCUDA) {
    const DeviceAccess* access = cuda_access();
    if (target.isa.empty() && access != nullptr && access->available(target.index)) {
      target.isa = access->isa(target.index);
    }
    return target;
  }
  if (target.threads <= 0) target.threads = cpu_threads();
  if (target.isa.empty()) target.isa = cpu_isa();
  return target;
}

}  // namespace torch_tensorrt::engine
