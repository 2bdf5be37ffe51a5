#include "torch_tensorrt/core/engine/cuda/device_access.h"

#include <atomic>
#include <cstring>

#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/engine/plan/weight_store.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

constexpr const char* kNotLoaded = "PyTorch gives access to GPUs through libtorchtrt_runtime.so, which is not loaded";

// Never destroyed: engines may outlive static objects.
std::atomic<const DeviceAccess*> registered{nullptr};

}  // namespace

const DeviceAccess* cuda_access() { return registered.load(std::memory_order_acquire); }

const DeviceAccess& require_cuda_access() {
  const DeviceAccess* access = cuda_access();
  if (access == nullptr) TORCHTRT_THROW_ERROR(kNotLoaded);
  return *access;
}

void register_cuda_access(std::unique_ptr<DeviceAccess> access) {
  registered.store(access.release(), std::memory_order_release);
}

Decision device_available(const DeviceTarget& target) {
  if (target.is_cpu()) return Decision::yes();
  const DeviceAccess* access = cuda_access();
  if (access == nullptr)
    return Decision::no(str("there is no access to CUDA device ", target.gpu_id, ": ", kNotLoaded));
  return access->available(target.gpu_id);
}

std::shared_ptr<void> allocate_on(const DeviceTarget& target, int64_t bytes) {
  if (target.is_cpu()) return allocate_aligned(bytes);
  return require_cuda_access().allocate(target.gpu_id, bytes);
}

void copy_to(const DeviceTarget& target, void* to, const void* from, int64_t bytes) {
  if (bytes == 0) return;
  if (target.is_cpu()) {
    std::memcpy(to, from, static_cast<size_t>(bytes));
    return;
  }
  const cuda::Driver& driver = cuda::Driver::get();
  const cuda::DeviceGuard guard(target.gpu_id);
  void* stream = require_cuda_access().current_stream(target.gpu_id);
  if (driver.recording_of(stream) != 0) {
    TORCHTRT_THROW_ERROR(
        "constants cannot be copied to the GPU while a CUDA graph is being recorded; "
        "run the module once with inputs of these shapes before the recording");
  }
  driver.copy_to_device(to, from, bytes, stream);
  driver.synchronize(stream);
}

void synchronize(const DeviceTarget& target) {
  if (target.is_cpu()) return;
  const cuda::DeviceGuard guard(target.gpu_id);
  cuda::Driver::get().synchronize_device();
}

}  // namespace torch_tensorrt::engine
