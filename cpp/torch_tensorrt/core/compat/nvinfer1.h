#pragma once

#include "torch_tensorrt/core/compat/builder.h"
#include "torch_tensorrt/core/network/layers.h"
#include "torch_tensorrt/core/network/network.h"

// The namespace that converters are written against. Never include this together with TensorRT's own headers.
namespace nvinfer1 = torch_tensorrt::network;
