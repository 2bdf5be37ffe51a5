#pragma once

#include <cstdint>
#include <string>

#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::backends::tensorrt {

// The few functions of the CUDA driver that are needed beside TensorRT, from libcuda.so.1, opened at run time. They
// work in the primary context of a device, which PyTorch also uses. All but available() throw Error with the driver's
// message.
class CudaDriver {
 public:
  static const CudaDriver& get();
  // Yes if a driver has that device and is new enough for TensorRT 10, which ends the process on an older driver.
  static Decision available(int32_t device);

  int32_t device_count() const;
  std::string device_name(int32_t device) const;
  // "sm_90"
  std::string architecture(int32_t device) const;

  void* allocate(int64_t bytes) const;
  void release(void* memory) const noexcept;
  void copy_to_device(void* to, const void* from, int64_t bytes, void* stream) const;
  void copy_to_host(void* to, const void* from, int64_t bytes, void* stream) const;
  void* create_stream() const;
  void destroy_stream(void* stream) const noexcept;
  void synchronize(void* stream) const;
  void* create_event() const;
  void destroy_event(void* event) const noexcept;
  // Work put on `waiting` from now on starts after the work that is on `working` now. Does not wait itself. The event
  // may be reused at once.
  void wait(void* waiting, void* working, void* event) const;
  // Waits for all work of the device to finish.
  void synchronize_device() const noexcept;

  // Work that this thread puts on the stream between the two calls is recorded, not run. end_capture returns the graph,
  // ready to launch.
  void begin_capture(void* stream) const;
  void* end_capture(void* stream) const;
  void abandon_capture(void* stream) const noexcept;
  void launch(void* graph, void* stream) const;
  void destroy_graph(void* graph) const noexcept;

 private:
  friend class DeviceGuard;
  struct Functions;
  CudaDriver();
  static const char* resolve(void* handle, Functions& functions);
  void check(int32_t status, const char* what) const;
  const Functions* functions_ = nullptr;
  std::string reason_;  // why there is no driver
};

// Makes a device the current one of this thread, and restores the previous one at the end.
class DeviceGuard {
 public:
  explicit DeviceGuard(int32_t device);
  ~DeviceGuard();
  DeviceGuard(const DeviceGuard&) = delete;
  DeviceGuard& operator=(const DeviceGuard&) = delete;

 private:
  static void* primary_context(int32_t device);
};

}  // namespace torch_tensorrt::backends::tensorrt
