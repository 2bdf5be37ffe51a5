#pragma once

#include "torch_tensorrt/core/network/value_range.h"

// Arithmetic on intervals.
namespace torch_tensorrt::network {

Interval everything();
Interval hull(const Interval& a, const Interval& b);
Interval apply_elementwise(ElementWiseOperation operation, const Interval& a, const Interval& b, bool integral);
Interval apply_unary(UnaryOperation operation, const Interval& x);
Interval cast(const Interval& x, DataType to);

}  // namespace torch_tensorrt::network
