#pragma once

#include "torch_tensorrt/core/util/encodings.h"

namespace torch_tensorrt::core::runtime {

using util::base64_decode;
using util::base64_encode;

}  // namespace torch_tensorrt::core::runtime
