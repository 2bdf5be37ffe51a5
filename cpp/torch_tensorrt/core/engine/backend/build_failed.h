#pragma once

#include <string>

#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::engine {

// A backend took the layers of a network and could not build it all the same, by a limit or a fault of its library.
class BuildFailed : public Error {
 public:
  explicit BuildFailed(const std::string& msg) : Error(msg) {}
};

}  // namespace torch_tensorrt::engine
