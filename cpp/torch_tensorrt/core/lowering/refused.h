#pragma once

#include <string>

#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::core::lowering {

// Thrown if the module does something that cannot be compiled, whichever operators are supported. The message names the
// operator and the line of the module.
class Refused : public Error {
 public:
  explicit Refused(const std::string& msg) : Error(msg) {}
};

}  // namespace torch_tensorrt::core::lowering
