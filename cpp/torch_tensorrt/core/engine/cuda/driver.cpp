#include "torch_tensorrt/core/engine/cuda/driver.h"

#include <dlfcn.h>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::cuda {
namespace {

// The part of the driver's C interface that is used here; the driver's ABI fixes the numbers.
using Status = int;
constexpr int kComputeCapabilityMajor = 75;
constexpr int kComputeCapabilityMinor = 76;
constexpr int kNameBytes = 256;
constexpr int kCaptureIsActive = 1;

struct Driver {
  Status (*init)(unsigned int flags) = nullptr;
  Status (*get_device)(int* device, int ordinal) = nullptr;
  Status (*get_name)(char* name, int length, int device) = nullptr;
  Status (*get_attribute)(int* value, int attribute, int device) = nullptr;
  Status (*get_memory)(size_t* bytes, int device) = nullptr;
  Status (*get_error_text)(Status status, const char** text) = nullptr;
  // Null in drivers before CUDA 11.3.
  Status (*get_capture)(void* stream, int* status, uint64_t* id, void* graph, void* nodes, size_t* count) = nullptr;
};

template <typename Function>
void resolve(void* library, const char* symbol, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, symbol));
  if (function == nullptr) TORCHTRT_THROW_ERROR("the NVIDIA driver's libcuda.so.1 has no function " << symbol);
}

Driver open_driver() {
  void* library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = dlerror();
    TORCHTRT_THROW_ERROR("the NVIDIA driver's libcuda.so.1 does not load: " << (reason != nullptr ? reason : "?"));
  }
  Driver driver;
  resolve(library, "cuInit", driver.init);
  resolve(library, "cuDeviceGet", driver.get_device);
  resolve(library, "cuDeviceGetName", driver.get_name);
  resolve(library, "cuDeviceGetAttribute", driver.get_attribute);
  resolve(library, "cuDeviceTotalMem_v2", driver.get_memory);
  resolve(library, "cuGetErrorString", driver.get_error_text);
  const auto get_capture = dlsym(library, "cuStreamGetCaptureInfo_v2");
  driver.get_capture = reinterpret_cast<decltype(driver.get_capture)>(get_capture);
  return driver;
}

// Opened once; after a failure the next call tries again.
const Driver& driver() {
  static const Driver opened = open_driver();
  return opened;
}

void check(Status status, const char* call) {
  if (status == 0) return;
  const char* text = nullptr;
  driver().get_error_text(status, &text);
  TORCHTRT_THROW_ERROR("the NVIDIA driver's " << call << " failed with " << status << ": "
                                              << (text != nullptr ? text : "unknown error"));
}

}  // namespace

DeviceInfo device_info(int32_t ordinal) {
  const Driver& api = driver();
  check(api.init(0), "cuInit");
  int device = 0;
  check(api.get_device(&device, ordinal), "cuDeviceGet");
  char name[kNameBytes] = {};
  check(api.get_name(name, kNameBytes, device), "cuDeviceGetName");
  DeviceInfo info;
  info.name = name;
  check(api.get_attribute(&info.major, kComputeCapabilityMajor, device), "cuDeviceGetAttribute");
  check(api.get_attribute(&info.minor, kComputeCapabilityMinor, device), "cuDeviceGetAttribute");
  size_t bytes = 0;
  check(api.get_memory(&bytes, device), "cuDeviceTotalMem");
  info.memory_bytes = static_cast<int64_t>(bytes);
  return info;
}

uint64_t recording_of(void* stream) noexcept {
  constexpr uintptr_t kLastDefaultStream = 2;  // 0: none, 1: the legacy stream, 2: the per-thread stream
  if (reinterpret_cast<uintptr_t>(stream) <= kLastDefaultStream) return 0;
  try {
    int status = 0;
    uint64_t id = 0;
    const auto get_capture = driver().get_capture;
    if (get_capture == nullptr || get_capture(stream, &status, &id, nullptr, nullptr, nullptr) != 0) return 0;
    return status == kCaptureIsActive ? id + 1 : 0;
  } catch (const Error&) {  // no driver
    return 0;
  }
}

}  // namespace torch_tensorrt::engine::cuda
