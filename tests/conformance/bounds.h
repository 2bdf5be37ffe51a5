#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "conformance/case.h"

// How far a result in f16 or bf16 may lie from the exact one. The bound follows from the format and from what the layer
// kind promises (docs/contracts.md, "Rounding"): it computes in f32, and rounds its result once.
//
//   |got - exact| <= u |exact| + (1 + u) (f32 + stored) + tiny
//
//   u       unit roundoff of the format: 2^-11 for f16, 2^-8 for bf16
//   f32     what the computation in f32 may be off: the tolerance that the row has in f32
//   stored  what the roundings of intermediate results in the format add. 0, unless the row states them and why
//           (Case::stored)
//   tiny    how far two neighbors near 0 are apart, at most: 2^-24 for f16; 2^-126 for bf16, whose instructions take
//           subnormal numbers as 0
//
// A row without a tolerance moves or selects elements, and has to be exact in every format.
// A result whose magnitude rounds up to the first number beyond the format is infinite.
namespace torch_tensorrt::conformance {

struct LowFormat {
  double unit;
  double tiny;
  double overflow;  // from here on, numbers round to infinity
};

// Empty for dtypes other than f16 and bf16.
std::optional<LowFormat> low_format(DataType type);

// The tolerance of a row in f32 as that of the same row in f16 or bf16.
Tolerance in_low_format(Tolerance tolerance);

// The bound for each element. `stored` may be undefined.
at::Tensor low_bound(const LowFormat& format, const Tolerance& tolerance, const at::Tensor& exact,
                     const at::Tensor& stored);

// The first element of `got` that is off by more than the bound, or has not the infinity or NaN of `exact`; empty if
// there is none. `overflow` is that of the format of `got`.
std::string first_beyond(const at::Tensor& got, const at::Tensor& exact, const at::Tensor& bound, double overflow,
                         const char* reason);

// One operation of a chain that begins with a result y.
using Stage = std::function<at::Tensor(const at::Tensor& y, const std::vector<at::Tensor>& inputs)>;
// What one rounding of y, and one of the result of each stage but the last, change in the result of the last one.
at::Tensor stored_between(double unit, at::Tensor y, const std::vector<Stage>& stages,
                          const std::vector<at::Tensor>& inputs);
// The result of the last stage.
at::Tensor run_stages(at::Tensor y, const std::vector<Stage>& stages, const std::vector<at::Tensor>& inputs,
                      size_t first = 0);

// A value and a bound of its error, for formulas that round at many places. The bounds of sums and products are the
// usual ones of first order; those of functions follow from their steepest slope.
struct Bounded {
  at::Tensor value;
  at::Tensor error;
};

Bounded exactly(const at::Tensor& value);
Bounded rounded(const Bounded& x, double unit);  // one more rounding
Bounded sum(const Bounded& a, const Bounded& b);
Bounded product(const Bounded& a, const Bounded& b);
Bounded matrix_product(const Bounded& a, const at::Tensor& b);
Bounded function(const Bounded& x, double slope, at::Tensor (*formula)(const at::Tensor&));
Bounded choose(const at::Tensor& condition, const Bounded& a, const Bounded& b);

// The row with its f32 tensors in f16 or bf16; empty for rows without such a form.
std::optional<Case> in_format(const Case& row, DataType type);
// All rows, and those of the ends of the range, in f16 and bf16.
const Cases& low_cases();

}  // namespace torch_tensorrt::conformance
