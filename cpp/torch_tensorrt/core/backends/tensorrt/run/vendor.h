#pragma once

#include <NvInferRuntime.h>

#include <memory>

#include "torch_tensorrt/core/backends/tensorrt/loader.h"
#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::backends::tensorrt {

// The version whose headers this is compiled against.
constexpr Version kHeaderVersion{NV_TENSORRT_MAJOR, NV_TENSORRT_MINOR, NV_TENSORRT_PATCH};

// Looked for once; a failure is looked for again when the environment names other places. Thread-safe.
LoadResult vendor_library();
// Throws Error with the reason when there is none.
std::shared_ptr<const Library> require_vendor_library();

// One runtime a process, device and DLA core (-1: none): engines made by it need it, and making one takes a while.
// Never destroyed. Throws Error with TensorRT's message.
nvinfer1::IRuntime& vendor_runtime(int32_t device, int32_t dla_core = -1);
// Whether TensorRT finds that DLA core on the device; yes for -1.
Decision has_dla_core(int32_t device, int32_t core);

}  // namespace torch_tensorrt::backends::tensorrt
