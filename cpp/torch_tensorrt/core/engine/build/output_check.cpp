#include "torch_tensorrt/core/engine/build/output_check.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "torch_tensorrt/core/network/host/evaluate_elements.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

using network::DataType;

constexpr int64_t kMostElements = 1 << 16;
// The share of elements that may be infinite or NaN in one result only, for instance where one of them overflows.
constexpr double kOddShare = 1e-3;

bool is_aten(const Candidate& candidate) { return std::string_view(candidate.tactic->name()).rfind("aten.", 0) == 0; }

// Far above what rounding makes of sums in any order, far below what a wrong kernel computes. None for dtypes whose
// elements differ wholly where a comparison or an order is decided by rounding.
std::optional<double> tolerance_of(DataType type) {
  switch (type) {
    case DataType::kFLOAT:
    case DataType::kDOUBLE:
      return 1e-3;
    case DataType::kHALF:
      return 1e-2;
    case DataType::kBF16:
    case DataType::kINT8:
    case DataType::kUINT8:
      return 5e-2;
    default:
      return std::nullopt;
  }
}

// A step of 8-bit integers is much beside small numbers.
bool is_step(DataType type, double difference) {
  return (type == DataType::kINT8 || type == DataType::kUINT8) && std::abs(difference) <= 1;
}

}  // namespace

double relative_distance(const TensorDesc& desc, const void* a, const void* b) {
  const int64_t count = desc.dims.volume();
  const int64_t step = std::max<int64_t>(1, count / kMostElements) | 1;  // odd: meets every lane of a block
  double difference = 0;
  double size = 0;
  int64_t odd = 0;
  int64_t read = 0;
  for (int64_t i = 0; i < count; i += step, ++read) {
    const double x = network::load_double(desc.dtype, a, i);
    const double y = network::load_double(desc.dtype, b, i);
    if (!std::isfinite(x) || !std::isfinite(y)) {
      odd += std::isfinite(x) != std::isfinite(y) ? 1 : 0;
      continue;
    }
    size += y * y;
    if (!is_step(desc.dtype, x - y)) difference += (x - y) * (x - y);
  }
  const bool is_odd = static_cast<double>(odd) > kOddShare * static_cast<double>(read);
  if (is_odd) return std::numeric_limits<double>::infinity();
  return difference == 0 ? 0 : std::sqrt(difference / std::max(size, std::numeric_limits<double>::min()));
}

OutputCheck::OutputCheck(const LayerInstance& instance, const DeviceTarget& target,
                         const std::vector<Candidate>& candidates)
    : instance_(instance), target_(target) {
  const auto found = std::find_if(candidates.begin(), candidates.end(), is_aten);
  if (target.is_cpu() && found != candidates.end()) reference_ = *found;
}

// Without a reference the others are not to blame.
bool OutputCheck::run_reference() {
  try {
    expected_ = std::make_unique<KernelTrial>(*reference_, instance_, target_);
    expected_->run();
    return true;
  } catch (const Error& error) {
    LOG_DEBUG("  results are not compared: " << error.msg());
    expected_.reset();
    reference_.reset();
    return false;
  }
}

Decision OutputCheck::check(const Candidate& candidate, const KernelTrial& trial) {
  if (!reference_ || is_aten(candidate)) return Decision::yes();
  if (expected_ == nullptr && !run_reference()) return Decision::yes();
  for (size_t i = 0; i < instance_.outputs.size(); ++i) {
    const TensorDesc& desc = instance_.outputs[i];
    const auto tolerance = tolerance_of(desc.dtype);
    if (!tolerance) continue;
    const double distance = relative_distance(desc, trial.output(i), expected_->output(i));
    if (distance <= *tolerance) continue;
    return Decision::no(str("output ", i, " differs from ", reference_->tactic->name(), "'s by ", distance,
                            " of its size, more than ", *tolerance));
  }
  return Decision::yes();
}

}  // namespace torch_tensorrt::engine
