#include "torch_tensorrt/core/runtime/engine_hooks.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>

#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/cuda/device_access.h"
#include "torch_tensorrt/core/engine/cuda/driver.h"
#include "torch_tensorrt/core/engine/run/thread_limit.h"
#include "torch_tensorrt/core/runtime/graph_memory.h"
#include "torch_tensorrt/core/util/logging/TorchTRTLogger.h"
#include "torch_tensorrt/core/util/macros.h"

// From the MKL in PyTorch's library; weak, for builds of PyTorch without MKL. Returns the previous number.
extern "C" int MKL_Set_Num_Threads_Local(int threads) __attribute__((weak));

namespace torch_tensorrt::core::runtime {
namespace {

at::Device gpu(int32_t device) { return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device)); }

c10::impl::VirtualGuardImpl guard_impl() { return c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA); }

void* native_handle(c10::Stream stream) { return guard_impl().getStreamNativeHandle(stream); }

bool is_recording(int32_t device) {
  return engine::cuda::Driver::get().recording_of(native_handle(guard_impl().getStream(gpu(device)))) != 0;
}

// Memory whose release had to be put off.
struct Deferred {
  std::mutex mutex;
  std::vector<std::shared_ptr<void>> memory;
};
Deferred& deferred() {
  static auto* const all = new Deferred();
  return *all;
}

// PyTorch could reuse the memory while a call on another stream still reads it, so the device finishes first. Waiting
// would break a recording of this thread: the memory is then freed by a later release.
void release(std::shared_ptr<void> memory, int32_t device) {
  std::vector<std::shared_ptr<void>> freed;
  const bool recording = is_recording(device);
  {
    const std::lock_guard lock(deferred().mutex);
    if (recording) {
      deferred().memory.push_back(std::move(memory));
      return;
    }
    freed.swap(deferred().memory);
  }
  guard_impl().synchronizeDevice(static_cast<c10::DeviceIndex>(device));
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

  std::shared_ptr<void> allocate(int32_t device, int64_t bytes) const override {
    const c10::DeviceGuard guard(gpu(device));
    at::globalContext().lazyInitDevice(c10::DeviceType::CUDA);
    auto memory = std::make_shared<at::DataPtr>(
        c10::GetAllocator(c10::DeviceType::CUDA)->allocate(static_cast<size_t>(std::max<int64_t>(bytes, 1))));
    void* data = memory->get();
    return std::shared_ptr<void>(data, [memory, device](void*) mutable { release(std::move(memory), device); });
  }

  void* current_stream(int32_t device) const override { return native_handle(guard_impl().getStream(gpu(device))); }

  // PyTorch's number of a foreign stream is its handle.
  std::shared_ptr<void> use_stream(int32_t device, void* stream) const override {
    const auto id = static_cast<c10::StreamId>(reinterpret_cast<intptr_t>(stream));
    const c10::Stream previous = guard_impl().exchangeStream(c10::Stream(c10::Stream::UNSAFE, gpu(device), id));
    return std::shared_ptr<void>(nullptr, [previous](void*) { guard_impl().exchangeStream(previous); });
  }

  std::shared_ptr<engine::GraphMemory> make_graph_memory(int32_t device) const override {
    return make_torch_graph_memory(device);
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

// Must run while libraries are loaded, before PyTorch is first asked for a GPU, because PyTorch remembers the answer.
bool load_torch_cuda() {
  constexpr const char* kName = "libtorch_cuda.so";
  if (dlopen(kName, RTLD_NOW | RTLD_NOLOAD) != nullptr) return true;
  const std::string path = folder_of_torch() + kName;
  if (!is_wanted() || !engine::cuda::Driver::is_installed() || path == kName) return false;
  if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr) return true;
  LOG_DEBUG("PyTorch's part for GPUs was not loaded: " << dlerror());
  return false;
}

[[maybe_unused]] const bool kLoaded = load_torch_cuda();

}  // namespace

void register_torch_threads() {
  const auto prepare = [] { at::get_num_threads(); };
  const auto set = [](int32_t threads) {
    return MKL_Set_Num_Threads_Local == nullptr ? 0 : MKL_Set_Num_Threads_Local(threads);
  };
  engine::set_thread_hook({prepare, set});
}

}  // namespace torch_tensorrt::core::runtime
