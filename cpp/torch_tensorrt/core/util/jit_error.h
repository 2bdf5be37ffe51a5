#pragma once

#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::core::util {

// The exception that is being handled as an Error, whatever its type: PyTorch's without its backtrace, and of what is
// no std::exception the type and, of strings and numbers, the value. For catch (...) alone.
Error current_error();

}  // namespace torch_tensorrt::core::util
