#pragma once

#include "torch_tensorrt/core/util/base64.h"

namespace torch_tensorrt::core::runtime {

using util::base64_decode;
using util::base64_encode;

}  // namespace torch_tensorrt::core::runtime
