#pragma once

#include <NvInferRuntime.h>

#include <memory>

#include "torch_tensorrt/core/backends/tensorrt/loader.h"
#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::backends::tensorrt {

// The version of the headers that this is compiled against.
constexpr Version kHeaderVersion{NV_TENSORRT_MAJOR, NV_TENSORRT_MINOR, NV_TENSORRT_PATCH};

// Searches once. After a failure, searches again if the environment names other places. Thread-safe.
LoadResult vendor_library();
// Throws Error with the reason if there is no library.
std::shared_ptr<const Library> require_vendor_library();

// One runtime for each process, device and DLA core (-1: none): engines need the runtime that made them, and making a
// runtime takes a while. Never destroyed. Throws Error with TensorRT's message.
nvinfer1::IRuntime& vendor_runtime(int32_t device, int32_t dla_core = -1);
// Whether TensorRT finds that DLA core on the device; yes for -1.
Decision has_dla_core(int32_t device, int32_t core);

}  // namespace torch_tensorrt::backends::tensorrt
