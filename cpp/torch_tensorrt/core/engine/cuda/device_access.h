#pragma once

#include <cstdint>
#include <memory>

#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::engine {

// Memory that PyTorch's operators allocate while a CUDA graph is recorded. It serves nobody else as long as this
// exists, so keep it as long as the graphs.
class GraphMemory {
 public:
  virtual ~GraphMemory() = default;
  // Allocations on the stream come from this memory until the result is destroyed.
  virtual std::shared_ptr<void> serve(void* stream) = 0;
};

// What only PyTorch can give of a GPU: its allocator and its current stream. This library links no PyTorch; the runtime
// library registers an implementation. Thread-safe. `device` is the index of the GPU.
class DeviceAccess {
 public:
  virtual ~DeviceAccess() = default;
  virtual Decision available(int32_t device) const = 0;
  // Memory of PyTorch's allocator. Its release waits for the device, but never while the thread's current stream is
  // being recorded: it is then put off.
  virtual std::shared_ptr<void> allocate(int32_t device, int64_t bytes) const = 0;
  // The stream (cudaStream_t) on which PyTorch works in this thread.
  virtual void* current_stream(int32_t device) const = 0;
  // Makes the stream this thread's current one until the result is destroyed.
  virtual std::shared_ptr<void> use_stream(int32_t device, void* stream) const = 0;
  // Null if this build of PyTorch gives none.
  virtual std::shared_ptr<GraphMemory> make_graph_memory(int32_t device) const = 0;
};

// Null until the runtime library is loaded.
const DeviceAccess* cuda_access();
// As cuda_access(), but throws Error saying which library to load.
const DeviceAccess& require_cuda_access();
void register_cuda_access(std::unique_ptr<DeviceAccess> access);

// Whether the device is there.
Decision device_available(const DeviceTarget& target);

// Memory on the target, 64-byte aligned: the host's for a CPU, PyTorch's allocator's on a GPU. Throws Error.
std::shared_ptr<void> allocate_on(const DeviceTarget& target, int64_t bytes);

// Copies from the host to the target, in the order of PyTorch's current stream, and waits. Throws Error while that
// stream is being recorded: a recorded copy would read the host's memory at every launch.
void copy_to(const DeviceTarget& target, void* to, const void* from, int64_t bytes);

// Waits for all work of a GPU.
void synchronize(const DeviceTarget& target);

}  // namespace torch_tensorrt::engine
