#pragma once

#include <string>

namespace torch_tensorrt::engine::onednn {

// "3.7.1", of the library that this process uses.
std::string library_version();

}  // namespace torch_tensorrt::engine::onednn
