#include "compare_tensors.h"

#include <limits>

#include "ATen/ATen.h"

#include "torch_tensorrt/core/util/macros.h"

namespace torchtrtc {
namespace {

double largest_where(const at::Tensor& magnitudes, const at::Tensor& counts) {
  return at::where(counts, magnitudes, at::zeros({}, at::kDouble)).max().item<double>();
}

}  // namespace

double default_rtol(at::ScalarType dtype) {
  constexpr double kLastPlaces = 8;
  if (dtype == at::kHalf) return kLastPlaces * std::numeric_limits<at::Half>::epsilon();
  if (dtype == at::kBFloat16) return kLastPlaces * std::numeric_limits<at::BFloat16>::epsilon();
  return 1e-5;
}

std::optional<std::string> difference(const at::Tensor& expected, const at::Tensor& found, double atol, double rtol) {
  if (expected.sizes() != found.sizes() || expected.scalar_type() != found.scalar_type()) {
    return torch_tensorrt::str("expected ", expected.scalar_type(), expected.sizes(), ", found ", found.scalar_type(),
                               found.sizes());
  }
  if (expected.numel() == 0) return std::nullopt;
  const auto a = expected.cpu().to(at::kDouble);
  const auto b = found.cpu().to(at::kDouble);
  const auto is_finite = at::isfinite(a);
  const auto same = at::eq(a, b).logical_or(at::isnan(a).logical_and(at::isnan(b)));
  const auto unlike = is_finite.logical_and(at::isfinite(b)).logical_or(same).logical_not().sum().item<int64_t>();
  if (unlike != 0) {
    return torch_tensorrt::str(unlike, " of ", a.numel(),
                               " elements are NaN or infinite in only one of the two results");
  }
  const double largest = largest_where((a - b).abs(), same.logical_not());
  const double scale = largest_where(a.abs(), is_finite);
  if (largest <= atol + rtol * scale) return std::nullopt;
  return torch_tensorrt::str("largest difference ", largest, " is above atol ", atol, " + rtol ", rtol, " * ", scale);
}

}  // namespace torchtrtc
