#pragma once

#include "torch_tensorrt/core/compat/nvinfer1.h"
