#pragma once

#include <optional>
#include <string>

#include "ATen/core/Tensor.h"
#include "c10/core/ScalarType.h"

namespace torchtrtc {

// 1e-5; of types with fewer digits, eight units in the last place.
double default_rtol(at::ScalarType dtype);

// In words how `found` differs from `expected`; nothing where it does not. Shapes and dtypes must be the same, the same
// elements must be finite, equal infinities (and NaN and NaN) are equal, and of the finite elements
// max|found - expected| <= atol + rtol * max|expected|: relative to the largest of them, since small elements of a sum
// carry its whole rounding error.
std::optional<std::string> difference(const at::Tensor& expected, const at::Tensor& found, double atol, double rtol);

}  // namespace torchtrtc
