#include "torch_tensorrt/core/conversion/pytorch_rules.h"

#include <exception>
#include <limits>

#include "ATen/ATen.h"

namespace torch_tensorrt::core::conversion {

bool clamp_takes_bounds_of_any_size() {
  static const bool takes = [] {
    try {
      return at::clamp_max(at::ones({1}, at::kChar), 1000).item<int64_t>() == 1;
    } catch (const std::exception&) {
      return false;
    }
  }();
  return takes;
}

bool clamp_gives_nan_for_one_bound() {
  static const bool gives = [] {
    const at::Scalar nan = std::numeric_limits<double>::quiet_NaN();
    return at::clamp(at::ones({1}), nan, std::nullopt).isnan().item<bool>();
  }();
  return gives;
}

bool softshrink_rounds_lambda() {
  // Two halves are next to 0.1: it rounds to the lower, and the difference to the upper shows which of them was taken.
  static const bool rounds = [] {
    constexpr double kLower = 0.0999755859375;
    constexpr double kUpper = 0.10003662109375;
    return at::softshrink(at::full({1}, kUpper, at::kHalf), 0.1).item<double>() == kUpper - kLower;
  }();
  return rounds;
}

}  // namespace torch_tensorrt::core::conversion
