#include "torch_tensorrt/core/engine/build/cold_cache.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace torch_tensorrt::engine {
namespace {

constexpr int64_t kLine = 64;  // bytes; caches read whole lines

int64_t sum_lines(const char* memory, int64_t bytes) {
  int64_t sum = 0;
  for (int64_t i = 0; i < bytes; i += kLine) sum += memory[i];
  return sum;
}

std::atomic<int64_t> used{0};

// So that the compiler does not leave out the reads.
void use(int64_t sum) { used.store(sum, std::memory_order_relaxed); }

// Calls work(thread, threads) on all threads that kernels use.
template <typename Work>
void on_all_threads(const Work& work) {
#ifdef _OPENMP
#pragma omp parallel
  work(omp_get_thread_num(), omp_get_num_threads());
#else
  work(0, 1);
#endif
}

}  // namespace

// Caches do not replace the oldest data first: to read only as much as they hold would leave some.
ColdCache::ColdCache(int64_t cache_bytes) : memory_(static_cast<size_t>(cache_bytes + cache_bytes / 2)) {}

void ColdCache::displace() const {
  on_all_threads([this](int64_t, int64_t) { use(sum_lines(memory_.data(), static_cast<int64_t>(memory_.size()))); });
}

void ColdCache::load(const void* memory, int64_t bytes) {
  const auto* start = static_cast<const char*>(memory);
  on_all_threads([&](int64_t thread, int64_t threads) {
    const int64_t from = bytes * thread / threads;
    use(sum_lines(start + from, bytes * (thread + 1) / threads - from));
  });
}

int64_t second_level_cache_bytes() {
#ifdef _SC_LEVEL2_CACHE_SIZE
  return std::max<int64_t>(0, sysconf(_SC_LEVEL2_CACHE_SIZE));
#else
  return 0;
#endif
}

std::unique_ptr<ColdCache> make_cold_cache(const DeviceTarget& target, int64_t weight_bytes) {
  const int64_t cache = second_level_cache_bytes();
  if (!target.is_cpu() || cache == 0 || weight_bytes <= cache) return nullptr;
  return std::make_unique<ColdCache>(cache);
}

}  // namespace torch_tensorrt::engine
