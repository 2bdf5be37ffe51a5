#pragma once

#include <string>

#include "torch_tensorrt/core/util/decision.h"

namespace torch_tensorrt::backends::tensorrt {

// Whether the file is a 64-bit ELF file that has all that its headers speak of. The dynamic linker maps what is not
// there without complaint, and the process dies when it is touched.
Decision is_complete_elf(const std::string& path);

}  // namespace torch_tensorrt::backends::tensorrt
