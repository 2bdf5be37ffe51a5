#include "self_check.h"

#include <limits>
#include <optional>
#include <utility>

#include "ATen/ATen.h"

#include "calls.h"
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

namespace {

using torch_tensorrt::Input;

void compare(const std::vector<at::Tensor>& expected, const std::vector<at::Tensor>& found, const char* shapes,
             double atol, std::optional<double> rtol, std::vector<std::string>& differences) {
  if (expected.size() != found.size()) {
    differences.push_back(
        torch_tensorrt::str(shapes, " shapes: ", expected.size(), " tensors expected, ", found.size(), " found"));
    return;
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    const double relative = rtol.value_or(default_rtol(expected[i].scalar_type()));
    const auto found_difference = difference(expected[i], found[i], atol, relative);
    if (!found_difference) continue;
    differences.push_back(torch_tensorrt::str(shapes, " shapes, output ", i, ": ", *found_difference));
  }
}

}  // namespace

std::vector<std::string> self_check(torch::jit::Module& expected, torch::jit::Module& compiled,
                                    const std::vector<InputSpec>& specs, double atol, std::optional<double> rtol) {
  at::NoGradGuard no_grad;
  torch::manual_seed(0);
  const std::pair<const char*, Shape> kinds[] = {
      {"opt", &Input::opt_shape}, {"min", &Input::min_shape}, {"max", &Input::max_shape}};
  bool dynamic = false;
  for (const auto& spec : specs) dynamic = dynamic || spec.input.input_is_dynamic;
  std::vector<std::string> differences;
  for (const auto& [name, shape] : kinds) {
    const Arguments arguments = sample_arguments(specs, shape, compiled);
    std::vector<at::Tensor> wanted;
    try {
      wanted = run_original(expected, arguments);
    } catch (const std::exception&) {  // the model may refuse the ends of the ranges
      if (shape == &Input::opt_shape) throw;
      continue;
    }
    compare(wanted, run(compiled, arguments, device_of_engines(compiled)), name, atol, rtol, differences);
    if (!dynamic) break;
  }
  return differences;
}

}  // namespace torchtrtc
