#pragma once

#include <string>

namespace torch_tensorrt::engine {

// The version of the oneDNN library that this process uses, "3.7.1"; empty if this build has no tactics of oneDNN.
std::string onednn_version();

}  // namespace torch_tensorrt::engine
