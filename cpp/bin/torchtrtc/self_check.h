#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ATen/core/Tensor.h"
#include "c10/core/ScalarType.h"
#include "torch/script.h"

#include "input_spec.h"

namespace torchtrtc {

// 1e-5; for dtypes with less precision, eight units in the last place.
double default_rtol(at::ScalarType dtype);

// Describes how `found` differs from `expected`; nothing if they agree. Shapes and dtypes must match, the same elements
// must be finite, and infinities and NaN must match. For the finite elements, max|found - expected| must be at most
// atol + rtol * max|expected|. The tolerance is relative to the largest element because small elements of a sum carry
// the whole rounding error of the sum.
std::optional<std::string> difference(const at::Tensor& expected, const at::Tensor& found, double atol, double rtol);

// Runs both modules on random inputs (or those of files) at the opt shapes (and, if dynamic, at the min and max shapes)
// and compares every tensor of the results (see difference; without rtol: default_rtol of the tensor). The compiled
// module gets its inputs on its engine's device, the expected one on the device of its parameters. Returns one line per
// difference.
std::vector<std::string> self_check(torch::jit::Module& expected, torch::jit::Module& compiled,
                                    const std::vector<InputSpec>& specs, double atol, std::optional<double> rtol);

}  // namespace torchtrtc
