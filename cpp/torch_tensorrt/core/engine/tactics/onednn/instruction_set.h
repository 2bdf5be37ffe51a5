#pragma once

namespace torch_tensorrt::engine::onednn {

// What this machine offers to kernels of our own: vectors of 8 floats with fused products (AVX2, FMA), or of 16 (the
// parts F, BW, DQ and VL of AVX-512), or of 4 (NEON, which every aarch64 has).
enum class InstructionSet { kNone, kAvx2, kAvx512, kNeon };

inline InstructionSet instruction_set() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    return InstructionSet::kAvx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return InstructionSet::kAvx2;
#elif defined(__aarch64__)
  return InstructionSet::kNeon;
#endif
  return InstructionSet::kNone;
}

// The kernels for this machine, or null. Those of another processor's instruction sets are null.
template <typename Kernels>
const Kernels* for_this_machine(const Kernels* avx2, const Kernels* avx512, const Kernels* neon) {
  switch (instruction_set()) {
    case InstructionSet::kAvx512:
      return avx512;
    case InstructionSet::kAvx2:
      return avx2;
    case InstructionSet::kNeon:
      return neon;
    case InstructionSet::kNone:
      return nullptr;
  }
  return nullptr;
}

}  // namespace torch_tensorrt::engine::onednn
