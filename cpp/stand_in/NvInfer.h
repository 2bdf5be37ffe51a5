// Installed beside torch_tensorrt/ for sources that include TensorRT's header by its name. Gives them TensorRT's own
// where it is on the include path, and else nvinfer1's names as torch_tensorrt has them.
#pragma once

#if __has_include_next(<NvInfer.h>)
#include_next <NvInfer.h>
#else
#include "torch_tensorrt/core/compat/nvinfer1.h"
#endif
