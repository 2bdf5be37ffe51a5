#pragma once

// All helpers of core/util in one header, under the name that programs include.
#include "torch_tensorrt/core/compat/trt_util.h"
#include "torch_tensorrt/core/util/Exception.h"
#include "torch_tensorrt/core/util/build_info.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/logging/TorchTRTLogger.h"
#include "torch_tensorrt/core/util/macros.h"
