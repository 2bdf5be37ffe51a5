#pragma once

#include "torch_tensorrt/core/network/tensor.h"

// Elements of shape computations that are floats (h * 0.5, sqrt(n)): a ShapeValue of a float or double tensor holds the
// bits of doubles. kUnknown is those of -0.0, which therefore is never known.
namespace torch_tensorrt::network {

// Shape computations are of integers and bools, and of float and double, for Python's numbers.
bool may_hold_shapes(DataType type);

double to_real(int64_t element);
// Rounded to the type.
int64_t from_real(DataType type, double value);

}  // namespace torch_tensorrt::network
