#include "engine/allocation_counter.h"

#include <dlfcn.h>
#include <execinfo.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TORCHTRT_COUNTS_ALLOCATIONS 0
#else
#define TORCHTRT_COUNTS_ALLOCATIONS 1
#endif

namespace torch_tensorrt::engine::testing {
namespace {

constexpr int32_t kFrames = 24;
constexpr int64_t kTraces = 4096;

struct Trace {
  std::array<void*, kFrames> frames;
  int32_t count;
};

std::atomic<bool> counting{false};
std::atomic<int64_t> allocations{0};
std::array<Trace, kTraces> traces;
thread_local bool inside = false;
thread_local int64_t allocations_until_failure = -1;  // -1: none will fail

// Whether the current allocation has to fail.
[[maybe_unused]] bool fails_now() { return allocations_until_failure >= 0 && allocations_until_failure-- == 0; }

[[maybe_unused]] void note_allocation() {
  if (!counting.load(std::memory_order_relaxed) || inside) return;
  inside = true;
  const int64_t number = allocations.fetch_add(1);
  if (number < kTraces) traces[number].count = backtrace(traces[number].frames.data(), kFrames);
  inside = false;
}

bool is_from(const Trace& trace, const std::vector<std::string>& libraries) {
  return std::any_of(trace.frames.begin(), trace.frames.begin() + trace.count, [&](void* frame) {
    Dl_info info;
    if (dladdr(frame, &info) == 0 || info.dli_fname == nullptr) return false;
    return std::any_of(libraries.begin(), libraries.end(),
                       [&](const std::string& name) { return std::strstr(info.dli_fname, name.c_str()) != nullptr; });
  });
}

}  // namespace

AllocationCounter::AllocationCounter() {
  void* frame = nullptr;
  backtrace(&frame, 1);  // its first call loads a library
  allocations = 0;
  counting = true;
}

FailingAllocation::FailingAllocation(int64_t number) { allocations_until_failure = number; }

FailingAllocation::~FailingAllocation() { allocations_until_failure = -1; }

bool FailingAllocation::has_failed() const { return allocations_until_failure == -1; }

AllocationCounter::~AllocationCounter() { counting = false; }

int64_t AllocationCounter::stop(const std::vector<std::string>& libraries_to_ignore) {
  counting = false;
  int64_t count = std::max<int64_t>(allocations - kTraces, 0);
  for (int64_t i = 0; i < std::min<int64_t>(allocations, kTraces); ++i) {
    count += is_from(traces[i], libraries_to_ignore) ? 0 : 1;
  }
  return count;
}

bool can_count_allocations() { return TORCHTRT_COUNTS_ALLOCATIONS != 0; }

}  // namespace torch_tensorrt::engine::testing

#if TORCHTRT_COUNTS_ALLOCATIONS
// glibc lets a program define these. Everything else in the process then uses them, including operator new.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

void* malloc(size_t size) {
  torch_tensorrt::engine::testing::note_allocation();
  if (torch_tensorrt::engine::testing::fails_now()) return nullptr;
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  torch_tensorrt::engine::testing::note_allocation();
  if (torch_tensorrt::engine::testing::fails_now()) return nullptr;
  return __libc_calloc(count, size);
}
void* realloc(void* memory, size_t size) {
  torch_tensorrt::engine::testing::note_allocation();
  if (torch_tensorrt::engine::testing::fails_now()) return nullptr;
  return __libc_realloc(memory, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  torch_tensorrt::engine::testing::note_allocation();
  if (torch_tensorrt::engine::testing::fails_now()) return nullptr;
  return __libc_memalign(alignment, size);
}
void* memalign(size_t alignment, size_t size) {
  torch_tensorrt::engine::testing::note_allocation();
  if (torch_tensorrt::engine::testing::fails_now()) return nullptr;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, size_t alignment, size_t size) {
  torch_tensorrt::engine::testing::note_allocation();
  if (torch_tensorrt::engine::testing::fails_now()) return ENOMEM;
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}
}
#endif
