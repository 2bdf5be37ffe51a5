#pragma once

#include <string>

namespace torch_tensorrt::core::util {

// Versions of this library, of PyTorch and of what it was built with, one line each.
std::string get_build_info();

}  // namespace torch_tensorrt::core::util
