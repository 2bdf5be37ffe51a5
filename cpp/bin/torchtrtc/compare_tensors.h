#pragma once

#include <optional>
#include <string>

#include "ATen/core/Tensor.h"
#include "c10/core/ScalarType.h"

namespace torchtrtc {

// 1e-5; for dtypes with less precision, eight units in the last place.
double default_rtol(at::ScalarType dtype);

// Describes how `found` differs from `expected`; nothing if they agree. Shapes and dtypes must match, the same elements
// must be finite, and infinities and NaN must match. For the finite elements, max|found - expected| must be at most
// atol + rtol * max|expected|. The tolerance is relative to the largest element because small elements of a sum carry
// the whole rounding error of the sum.
std::optional<std::string> difference(const at::Tensor& expected, const at::Tensor& found, double atol, double rtol);

}  // namespace torchtrtc
