#include "torch_tensorrt/core/runtime/cuda_access.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>

#include <cstdlib>
#include <string>

#include "torch_tensorrt/core/engine/cuda/device_access.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/util/logging/TorchTRTLogger.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::runtime {
namespace {

at::Device gpu(int32_t device) { return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device)); }

c10::impl::VirtualGuardImpl guard_impl() { return c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA); }

// Wraps the bytes in a tensor, so that PyTorch's own copy does the work.
at::Tensor as_bytes(const void* memory, int64_t bytes, at::Device device) {
  // copy_ reads this memory only when it is the source.
  auto* data = const_cast<void*>(memory);
  const auto options = at::TensorOptions().dtype(at::kByte).device(device);
  return at::for_blob(data, {bytes}).options(options).target_device(device).make_tensor();
}

class TorchCudaAccess final : public engine::DeviceAccess {
 public:
  Decision available(int32_t device) const override {
    if (!at::hasCUDA()) {
      return Decision::no(str("PyTorch sees no GPU on this machine (cuda:", device, " was requested)"));
    }
    const auto count = guard_impl().deviceCount();
    if (device >= 0 && device < count) return Decision::yes();
    return Decision::no(
        str("PyTorch sees ", static_cast<int>(count), " GPUs on this machine, none of them is cuda:", device));
  }

  std::string isa(int32_t device) const override {
    const engine::cuda::DeviceInfo info = engine::cuda::device_info(device);
    return str("sm_", info.major, info.minor);
  }

  std::shared_ptr<void> allocate(int32_t device, int64_t bytes) const override {
    const c10::DeviceGuard guard(gpu(device));
    at::globalContext().lazyInitDevice(c10::DeviceType::CUDA);
    auto memory = std::make_shared<at::DataPtr>(
        c10::GetAllocator(c10::DeviceType::CUDA)->allocate(static_cast<size_t>(std::max<int64_t>(bytes, 1))));
    void* data = memory->get();
    // Synchronize first: PyTorch could reuse the memory while a call on another stream still reads it.
    return std::shared_ptr<void>(data, [memory, device](void*) mutable {
      guard_impl().synchronizeDevice(static_cast<c10::DeviceIndex>(device));
      memory.reset();
    });
  }

  void upload(int32_t device, void* to, const void* from, int64_t bytes) const override {
    if (bytes == 0) return;
    const c10::DeviceGuard guard(gpu(device));
    as_bytes(to, bytes, gpu(device)).copy_(as_bytes(from, bytes, at::kCPU));
    synchronize(device);
  }

  void download(int32_t device, void* to, const void* from, int64_t bytes) const override {
    if (bytes == 0) return;
    const c10::DeviceGuard guard(gpu(device));
    as_bytes(to, bytes, at::kCPU).copy_(as_bytes(from, bytes, gpu(device)));
    synchronize(device);
  }

  void copy(int32_t device, void* to, const void* from, int64_t bytes) const override {
    if (bytes == 0) return;
    as_bytes(to, bytes, gpu(device)).copy_(as_bytes(from, bytes, gpu(device)), /*non_blocking=*/true);
  }

  void* current_stream(int32_t device) const override {
    const auto impl = guard_impl();
    return impl.getStreamNativeHandle(impl.getStream(gpu(device)));
  }

  void synchronize(int32_t device) const override {
    guard_impl().synchronizeDevice(static_cast<c10::DeviceIndex>(device));
  }

  std::shared_ptr<void> make_current(int32_t device) const override {
    return std::make_shared<c10::DeviceGuard>(gpu(device));
  }
};

}  // namespace

void register_torch_cuda_access() { engine::register_cuda_access(std::make_unique<TorchCudaAccess>()); }

// PyTorch's GPU code is in libtorch_cuda.so. A C++ program has it only if linked, and linkers drop it because nothing
// refers to it. So it is loaded here if it can work: it lies beside PyTorch's other libraries, and there is a driver.
// Without it, modules on a GPU can be neither loaded nor run. The library is large: a program that stays on the CPU
// sets TORCHTRT_LOAD_CUDA=0 in its environment.

namespace {

std::string folder_of_torch() {
  Dl_info info{};
  const auto* symbol = reinterpret_cast<const void*>(&at::globalContext);
  if (dladdr(symbol, &info) == 0 || info.dli_fname == nullptr) return {};
  const std::string path = info.dli_fname;
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

bool is_wanted() {
  const char* value = std::getenv("TORCHTRT_LOAD_CUDA");
  return value == nullptr || std::string(value) != "0";
}

bool has_driver() { return dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL) != nullptr; }

// Must run while libraries are loaded, before PyTorch is first asked for a GPU, because PyTorch remembers the answer.
bool load_torch_cuda() {
  constexpr const char* kName = "libtorch_cuda.so";
  if (dlopen(kName, RTLD_NOW | RTLD_NOLOAD) != nullptr) return true;
  const std::string path = folder_of_torch() + kName;
  if (!is_wanted() || !has_driver() || path == kName) return false;
  if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr) return true;
  LOG_DEBUG("PyTorch's part for GPUs was not loaded: " << dlerror());
  return false;
}

[[maybe_unused]] const bool kLoaded = load_torch_cuda();

}  // namespace

}  // namespace torch_tensorrt::core::runtime
