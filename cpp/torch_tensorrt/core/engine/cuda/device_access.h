#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::engine {

// GPUs as the engine sees them. This library links no CUDA library: the runtime library registers an implementation
// that goes through PyTorch, so that both share one allocator and one current stream. Thread-safe. `device` is the
// index of the GPU.
class DeviceAccess {
 public:
  virtual ~DeviceAccess() = default;
  virtual Decision available(int32_t device) const = 0;
  virtual std::string isa(int32_t device) const = 0;  // "sm_90"
  virtual std::shared_ptr<void> allocate(int32_t device, int64_t bytes) const = 0;
  // upload copies from the host to the device, download back; both wait for the copy.
  virtual void upload(int32_t device, void* to, const void* from, int64_t bytes) const = 0;
  virtual void download(int32_t device, void* to, const void* from, int64_t bytes) const = 0;
  // Copies within the device, in the order of the current stream.
  virtual void copy(int32_t device, void* to, const void* from, int64_t bytes) const = 0;
  // The stream (cudaStream_t) on which PyTorch works in this thread.
  virtual void* current_stream(int32_t device) const = 0;
  virtual void synchronize(int32_t device) const = 0;
  // Makes the device the thread's current one until the guard is destroyed.
  virtual std::shared_ptr<void> make_current(int32_t device) const = 0;
};

// Null until the runtime library is loaded.
const DeviceAccess* cuda_access();
// As cuda_access(), but throws Error saying what to load.
const DeviceAccess& require_cuda_access();
void register_cuda_access(std::unique_ptr<DeviceAccess> access);

// Whether the device is there.
Decision device_available(const DeviceTarget& target);

// Memory on the target, 64-byte aligned: the host's for a CPU, PyTorch's allocator's on a GPU. Throws Error.
std::shared_ptr<void> allocate_on(const DeviceTarget& target, int64_t bytes);

}  // namespace torch_tensorrt::engine
