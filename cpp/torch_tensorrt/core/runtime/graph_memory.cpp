#include "torch_tensorrt/core/runtime/graph_memory.h"

#ifdef TORCHTRT_WITH_CUDA_HEADERS
#include <c10/cuda/CUDACachingAllocator.h>
#include <dlfcn.h>

#include <atomic>
#endif

namespace torch_tensorrt::core::runtime {

#ifdef TORCHTRT_WITH_CUDA_HEADERS
namespace {

using Allocator = c10::cuda::CUDACachingAllocator::CUDAAllocator;

// PyTorch numbers its own pools from 0 up.
constexpr c10::CaptureId_t kFirstPool = c10::CaptureId_t{1} << 62;

// This library does not link libc10_cuda.so, which a process without a GPU does without. Only virtual functions of the
// allocator are called.
Allocator* find_allocator() {
  void* symbol = dlsym(RTLD_DEFAULT, "_ZN3c104cuda20CUDACachingAllocator9allocatorE");
  if (symbol == nullptr) {
    void* library = dlopen("libc10_cuda.so", RTLD_NOW | RTLD_NOLOAD);
    if (library != nullptr) symbol = dlsym(library, "_ZN3c104cuda20CUDACachingAllocator9allocatorE");
  }
  return symbol == nullptr ? nullptr : static_cast<std::atomic<Allocator*>*>(symbol)->load();
}

class TorchGraphMemory final : public engine::GraphMemory {
 public:
  TorchGraphMemory(Allocator& allocator, c10::DeviceIndex device) : allocator_(allocator), device_(device) {
    static std::atomic<c10::CaptureId_t> next{kFirstPool};
    pool_ = {0, next++};
  }
  // PyTorch frees a pool that was never used only after a use.
  ~TorchGraphMemory() override {
    if (is_used_) allocator_.releasePool(device_, pool_);
  }

  std::shared_ptr<void> serve(void* stream) override {
    // The pool exists until each begin has been matched by a release; keep the first one's.
    allocator_.beginAllocateToPool(device_, pool_, [stream](cudaStream_t other) { return other == stream; });
    const bool is_first = !is_used_;
    is_used_ = true;
    return std::shared_ptr<void>(this, [is_first](void* memory) {
      auto& self = *static_cast<TorchGraphMemory*>(memory);
      self.allocator_.endAllocateToPool(self.device_, self.pool_);
      if (!is_first) self.allocator_.releasePool(self.device_, self.pool_);
    });
  }

 private:
  Allocator& allocator_;
  c10::DeviceIndex device_;
  c10::MempoolId_t pool_;
  bool is_used_ = false;
};

}  // namespace

std::shared_ptr<engine::GraphMemory> make_torch_graph_memory(int32_t device) {
  Allocator* allocator = find_allocator();
  if (allocator == nullptr) return nullptr;
  return std::make_shared<TorchGraphMemory>(*allocator, static_cast<c10::DeviceIndex>(device));
}

#else

std::shared_ptr<engine::GraphMemory> make_torch_graph_memory(int32_t) { return nullptr; }

#endif

}  // namespace torch_tensorrt::core::runtime
