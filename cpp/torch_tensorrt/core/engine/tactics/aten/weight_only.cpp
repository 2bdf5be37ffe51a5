#include "torch_tensorrt/core/engine/tactics/aten/weight_only.h"

#include <ATen/Parallel.h>

#include <algorithm>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

// The products read each weight once, as a byte: a quarter of the memory traffic of f32, which is what a product with
// few rows waits for.
namespace torch_tensorrt::engine::aten {
namespace {

namespace portable {
constexpr int kLanes = 4;
typedef float Vector __attribute__((vector_size(kLanes * sizeof(float))));
inline Vector widen(const int8_t* from) {
  return Vector{static_cast<float>(from[0]), static_cast<float>(from[1]), static_cast<float>(from[2]),
                static_cast<float>(from[3])};
}
#include "torch_tensorrt/core/engine/tactics/aten/weight_only_body.h"
}  // namespace portable

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("avx2,fma")
namespace avx2 {
constexpr int kLanes = 8;
using Vector = __m256;
inline Vector widen(const int8_t* from) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))));
}
#include "torch_tensorrt/core/engine/tactics/aten/weight_only_body.h"
}  // namespace avx2
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,fma,prefer-vector-width=512")
namespace avx512 {
constexpr int kLanes = 16;
using Vector = __m512;
inline Vector widen(const int8_t* from) {
  // Masks without effect: GCC 12 warns of uninitialized memory in the plain forms.
  constexpr __mmask16 kAll = 0xFFFF;
  const __m512i wide = _mm512_maskz_cvtepi8_epi32(kAll, _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  return _mm512_maskz_cvtepi32_ps(kAll, wide);
}
#include "torch_tensorrt/core/engine/tactics/aten/weight_only_body.h"
}  // namespace avx512
#pragma GCC pop_options
#endif

using Multiply = void (*)(const WeightOnlyForm&, int64_t, int64_t, const float*, const int8_t*, const float*, float*);

Multiply find_kernel() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    return avx512::multiply;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2::multiply;
#endif
  return portable::multiply;
}

}  // namespace

void multiply_by_integers(const WeightOnlyForm& form, const float* x, const int8_t* weights, const float* scales,
                          float* result) {
  static const Multiply kMultiply = find_kernel();
  constexpr int64_t kLeastProducts = 65536;  // of a thread
  const int64_t blocks = (form.columns + 3) / 4;
  const int64_t products_of_block = std::max<int64_t>(1, 4 * form.rows * form.inner);
  const int64_t grain = std::max<int64_t>(1, kLeastProducts / products_of_block);
  at::parallel_for(0, blocks, grain,
                   [&](int64_t first, int64_t last) { kMultiply(form, first, last, x, weights, scales, result); });
}

}  // namespace torch_tensorrt::engine::aten
