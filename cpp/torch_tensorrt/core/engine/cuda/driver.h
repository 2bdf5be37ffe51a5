#pragma once

#include <cstdint>
#include <string>

namespace torch_tensorrt::engine::cuda {

struct DeviceInfo {
  std::string name;   // "NVIDIA H100 80GB HBM3"
  int32_t major = 0;  // compute capability
  int32_t minor = 0;
  int64_t memory_bytes = 0;
};

// Asks the driver (libcuda.so.1, opened at the first call). Throws Error if there is no driver or no such device.
DeviceInfo device_info(int32_t device);

// Unique number (above 0) of the CUDA graph that is being recorded from the stream (a CUstream). 0 if there is none, as
// with a default stream, or if the driver does not say.
uint64_t recording_of(void* stream) noexcept;

}  // namespace torch_tensorrt::engine::cuda
