#pragma once

#include "support/reference_layers.h"

namespace torch_tensorrt::tests {

// Nearest, linear and cubic interpolation over every dimension that changes.
double reference_resize(const ReferenceElement& element);

}  // namespace torch_tensorrt::tests
