#pragma once

#include <string>

namespace torch_tensorrt::core::util {

// Versions of this library, of PyTorch and of the libraries used to build it, one line each.
std::string get_build_info();

}  // namespace torch_tensorrt::core::util
