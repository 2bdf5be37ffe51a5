#include "conformance/bounds.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

namespace torch_tensorrt::conformance {

std::optional<LowFormat> low_format(DataType type) {
  // Numbers round to infinity from half a step beyond the largest one.
  if (type == DataType::kHALF) return LowFormat{std::ldexp(1.0, -11), std::ldexp(1.0, -24), 65520};
  if (type == DataType::kBF16) {
    return LowFormat{std::ldexp(1.0, -8), std::ldexp(1.0, -126), std::ldexp(2.0 - std::ldexp(1.0, -8), 127)};
  }
  return std::nullopt;
}

at::Tensor low_bound(const LowFormat& format, const Tolerance& tolerance, const at::Tensor& exact,
                     const at::Tensor& stored) {
  const at::Tensor magnitude = at::abs(exact.to(at::kDouble));
  const bool moves = tolerance.relative_f32 == 0 && tolerance.absolute_f32 == 0 && !stored.defined();
  if (moves) return at::zeros_like(magnitude);
  at::Tensor before = magnitude * tolerance.relative_f32 + tolerance.absolute_f32;
  if (stored.defined()) before = before + stored;
  return magnitude * format.unit + before * (1 + format.unit) + format.tiny;
}

std::string first_beyond(const at::Tensor& got, const at::Tensor& exact, const at::Tensor& bound, double overflow,
                         const char* reason) {
  const at::Tensor a = got.to(at::kDouble).contiguous();
  const at::Tensor b = exact.to(at::kDouble).contiguous();
  const at::Tensor limit = bound.expand_as(b).contiguous();
  const auto* mine = a.const_data_ptr<double>();
  const auto* theirs = b.const_data_ptr<double>();
  const auto* allowed = limit.const_data_ptr<double>();
  int64_t wrong = 0;
  int64_t first = -1;
  for (int64_t i = 0; i < a.numel(); ++i) {
    bool good = std::abs(mine[i] - theirs[i]) <= allowed[i];
    if (std::isnan(theirs[i])) good = std::isnan(mine[i]);
    if (std::isinf(theirs[i])) good = mine[i] == theirs[i];
    if (std::isfinite(theirs[i]) && std::isinf(mine[i])) {
      good = std::signbit(mine[i]) == std::signbit(theirs[i]) && std::abs(theirs[i]) + allowed[i] >= overflow;
    }
    if (good) continue;
    if (wrong++ == 0) first = i;
  }
  if (wrong == 0) return {};
  std::ostringstream stream;
  stream.precision(17);
  stream << wrong << " of " << a.numel() << " elements differ; element " << first << " is " << mine[first]
         << ", expected " << theirs[first] << ", give or take " << allowed[first] << " (" << reason << ")";
  return stream.str();
}

at::Tensor run_stages(at::Tensor y, const std::vector<Stage>& stages, const std::vector<at::Tensor>& inputs,
                      size_t first) {
  for (size_t i = first; i < stages.size(); ++i) y = stages[i](y, inputs);
  return y;
}

at::Tensor stored_between(double unit, at::Tensor y, const std::vector<Stage>& stages,
                          const std::vector<at::Tensor>& inputs) {
  const at::Tensor result = run_stages(y, stages, inputs);
  at::Tensor change = at::zeros_like(result);
  for (size_t i = 0; i < stages.size(); ++i) {
    at::Tensor most = at::zeros_like(result);
    for (const double factor : {1 + unit, 1 - unit}) {
      most = at::maximum(most, at::abs(run_stages(y * factor, stages, inputs, i) - result));
    }
    change = change + most;
    y = stages[i](y, inputs);
  }
  return change;
}

Bounded exactly(const at::Tensor& value) { return {value, at::zeros_like(value)}; }

Bounded rounded(const Bounded& x, double unit) { return {x.value, x.error + (at::abs(x.value) + x.error) * unit}; }

Bounded sum(const Bounded& a, const Bounded& b) { return {a.value + b.value, a.error + b.error}; }

Bounded product(const Bounded& a, const Bounded& b) {
  const at::Tensor error = at::abs(a.value) * b.error + at::abs(b.value) * a.error + a.error * b.error;
  return {a.value * b.value, error};
}

Bounded matrix_product(const Bounded& a, const at::Tensor& b) {
  return {at::matmul(a.value, b), at::matmul(a.error, at::abs(b))};
}

Bounded function(const Bounded& x, double slope, at::Tensor (*formula)(const at::Tensor&)) {
  return {formula(x.value), x.error * slope};
}

Bounded choose(const at::Tensor& condition, const Bounded& a, const Bounded& b) {
  return {at::where(condition, a.value, b.value), at::where(condition, a.error, b.error)};
}

namespace {

bool is_low(DataType type) { return low_format(type).has_value(); }

InputSpec with_type(InputSpec spec, DataType type) {
  if (spec.type == DataType::kFLOAT) spec.type = type;
  return spec;
}

}  // namespace

Tolerance in_low_format(Tolerance tolerance) {
  tolerance.relative_f32 = tolerance.relative;
  tolerance.absolute_f32 = tolerance.absolute;
  return tolerance;
}

std::optional<Case> in_format(const Case& row, DataType type) {
  if (row.f32_only || !is_low(type)) return std::nullopt;
  const auto is_f32 = [](const InputSpec& spec) { return spec.type == DataType::kFLOAT; };
  const bool has_f32 = row.output == DataType::kFLOAT || std::any_of(row.inputs.begin(), row.inputs.end(), is_f32);
  for (const InputSpec& spec : row.inputs) {
    if (is_low(spec.type) || spec.type == DataType::kDOUBLE) return std::nullopt;
  }
  if (!has_f32 || is_low(row.output) || row.output == DataType::kDOUBLE) return std::nullopt;
  Case made = row;
  if (row.in_format) {
    made = row.in_format(type);
  } else {
    for (InputSpec& spec : made.inputs) spec = with_type(spec, type);
    if (made.output == DataType::kFLOAT) made.output = type;
    made.tolerance = in_low_format(row.tolerance);
    made.others_tolerance = in_low_format(row.others_tolerance);
  }
  made.name = join(row.name + "_in", type);
  return made;
}

const Cases& low_cases() {
  static const Cases cases = [] {
    Cases all;
    for (const Cases* rows : {&all_cases(), &range_cases()}) {
      for (const Case& row : *rows) {
        for (const DataType type : {DataType::kHALF, DataType::kBF16}) {
          if (auto made = in_format(row, type)) all.push_back(std::move(*made));
        }
      }
    }
    return all;
  }();
  return cases;
}

}  // namespace torch_tensorrt::conformance
