#pragma once

#include <string>

#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::core::lowering {

// What the module does cannot be compiled, whichever operators are supported: the message names the operator and the
// line of the module.
class Refused : public Error {
 public:
  explicit Refused(const std::string& msg) : Error(msg) {}
};

}  // namespace torch_tensorrt::core::lowering
