#pragma once

#include <cstdint>
#include <string>

#include "torch_tensorrt/core/util/decision.h"

// The NVIDIA driver: libcuda.so.1, opened at the first use. Handles of streams, events and graphs are the driver's.
namespace torch_tensorrt::engine::cuda {

struct DeviceInfo {
  std::string name;   // "NVIDIA H100 80GB HBM3"
  int32_t major = 0;  // compute capability
  int32_t minor = 0;
  int64_t memory_bytes = 0;
};

// Functions of the driver. They work in the primary context of a device, which PyTorch also uses. Unless noted, they
// throw Error with the driver's message.
class Driver {
 public:
  static const Driver& get();
  // Whether libcuda.so.1 can be loaded. Starts no driver, so that a process can still fork.
  static bool is_installed() noexcept;
  // Yes if there is a driver, and it has that device.
  static Decision available(int32_t device);

  // CUDA version of the driver, 12040 for 12.4; 0 without a driver.
  int32_t version() const noexcept;
  int32_t device_count() const noexcept;
  DeviceInfo device_info(int32_t device) const;
  // "sm_90"
  std::string architecture(int32_t device) const;

  void* allocate(int64_t bytes) const;
  void release(void* memory) const noexcept;
  // Copies are put on the stream and do not wait.
  void copy_to_device(void* to, const void* from, int64_t bytes, void* stream) const;
  void copy_to_host(void* to, const void* from, int64_t bytes, void* stream) const;
  void copy_on_device(void* to, const void* from, int64_t bytes, void* stream) const;
  void synchronize(void* stream) const;
  // Waits for all work of the current device.
  void synchronize_device() const noexcept;
  // Work put on `waiting` from now on starts after the work that is on `working` now. Does not wait itself. The event
  // may be reused at once.
  void wait(void* waiting, void* working, void* event) const;

  // Work that this thread puts on the stream between the two calls is recorded, not run. end_capture returns the graph,
  // ready to launch.
  void begin_capture(void* stream) const;
  void* end_capture(void* stream) const;
  void abandon_capture(void* stream) const noexcept;
  void launch(void* graph, void* stream) const;
  // A graph that still runs is freed when it has ended.
  void destroy_graph(void* graph) const noexcept;
  // Unique number (above 0) of the CUDA graph that is being recorded from the stream. 0 if there is none, as with a
  // default stream, or if the driver does not say.
  uint64_t recording_of(void* stream) const noexcept;

 private:
  friend class DeviceGuard;
  friend class Stream;
  friend class Event;
  struct Functions;
  Driver();
  static const char* resolve(void* handle, Functions& functions);
  void check(int32_t status, const char* action) const;
  const Functions* functions_ = nullptr;
  std::string reason_;  // why there is no driver
};

// Whether the handle is one of CUDA's default streams: none, the legacy stream, or the per-thread stream.
bool is_default_stream(const void* stream) noexcept;

// A stream of the device that is current when it is made.
class Stream {
 public:
  Stream();
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  void* handle() const { return handle_; }

 private:
  void* handle_ = nullptr;
};

// An event that takes no times.
class Event {
 public:
  Event();
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void* handle() const { return handle_; }

 private:
  void* handle_ = nullptr;
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

}  // namespace torch_tensorrt::engine::cuda
