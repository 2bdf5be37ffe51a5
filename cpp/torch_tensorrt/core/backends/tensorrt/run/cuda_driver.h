#pragma once

#include <cstdint>
#include <string>

#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::backends::tensorrt {

// The few functions of the CUDA driver that are needed beside TensorRT, from libcuda.so.1, which is opened at run time.
// Works in the primary context of a device, which is PyTorch's too. All but available() throw Error with the driver's
// message.
class CudaDriver {
 public:
  static const CudaDriver& get();
  // Whether there is a driver with that device, and new enough for TensorRT 10, which ends the process on an older one.
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
  // What is put on `waiting` from now on starts after what is on `working` now. Does not wait itself. The event may be
  // used again at once.
  void wait(void* waiting, void* working, void* event) const;
  // Waits for all work of the device.
  void synchronize_device() const noexcept;

  // What this thread puts on the stream between the two is recorded, not run. end_capture gives the graph, ready to
  // launch.
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
  std::string reason_;  // when there is no driver
};

// Makes a device the current one of this thread, and gives the former back.
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
