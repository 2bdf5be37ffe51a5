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

// Asks the driver (libcuda.so.1, opened at the first call). Throws Error when there is none, or no such device.
DeviceInfo device_info(int32_t device);

// Which recording of a CUDA graph takes what is put on the stream (a CUstream): a number of its own, above 0. 0 when
// none does, as with a default stream, or when the driver does not tell.
uint64_t recording_of(void* stream) noexcept;

}  // namespace torch_tensorrt::engine::cuda
