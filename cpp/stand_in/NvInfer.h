// Installed beside torch_tensorrt/ for sources that include TensorRT's header by its name. Includes TensorRT's own
// NvInfer.h if one is on the include path, else torch_tensorrt's declarations of nvinfer1.
#pragma once

#if __has_include_next(<NvInfer.h>)
#include_next <NvInfer.h>
#else
#include "torch_tensorrt/core/compat/nvinfer1.h"
#endif
