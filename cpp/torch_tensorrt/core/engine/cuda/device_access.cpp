#include "torch_tensorrt/core/engine/cuda/device_access.h"

#include <atomic>

#include "torch_tensorrt/core/engine/plan/weight_store.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

// Never destroyed: engines may outlive static objects.
std::atomic<const DeviceAccess*> registered{nullptr};

}  // namespace

const DeviceAccess* cuda_access() { return registered.load(std::memory_order_acquire); }

const DeviceAccess& require_cuda_access() {
  const DeviceAccess* access = cuda_access();
  if (access == nullptr) {
    TORCHTRT_THROW_ERROR(
        "GPUs are reached through PyTorch, and libtorchtrt_runtime.so, which does that, is not loaded");
  }
  return *access;
}

void register_cuda_access(std::unique_ptr<DeviceAccess> access) {
  registered.store(access.release(), std::memory_order_release);
}

Decision device_available(const DeviceTarget& target) {
  if (target.kind == DeviceTarget::Kind::kCPU) return Decision::yes();
  const DeviceAccess* access = cuda_access();
  if (access == nullptr) {
    return Decision::no(str("CUDA device ", target.index,
                            " is reached through PyTorch, and libtorchtrt_runtime.so, "
                            "which does that, is not loaded"));
  }
  return access->available(target.index);
}

std::shared_ptr<void> allocate_on(const DeviceTarget& target, int64_t bytes) {
  if (target.kind == DeviceTarget::Kind::kCPU) return allocate_aligned(bytes);
  return require_cuda_access().allocate(target.index, bytes);
}

}  // namespace torch_tensorrt::engine
