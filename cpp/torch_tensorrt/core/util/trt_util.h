#pragma once

#include "torch_tensorrt/core/compat/trt_util.h"
