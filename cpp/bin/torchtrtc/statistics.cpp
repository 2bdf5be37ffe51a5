#include "statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "torch_tensorrt/core/util/macros.h"

namespace torchtrtc {

double percentile(std::vector<double> times, double part) {
  TORCHTRT_ASSERT(!times.empty() && part >= 0 && part <= 1);
  const double rank = std::ceil(part * static_cast<double>(times.size()));
  const size_t place = rank < 1 ? 0 : static_cast<size_t>(rank) - 1;
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(place), times.end());
  return times[place];
}

Statistics statistics_of(const std::vector<double>& times) {
  Statistics result;
  result.min = *std::min_element(times.begin(), times.end());
  result.mean = std::accumulate(times.begin(), times.end(), 0.0) / static_cast<double>(times.size());
  result.p50 = percentile(times, 0.5);
  result.p90 = percentile(times, 0.9);
  result.p99 = percentile(times, 0.99);
  return result;
}

}  // namespace torchtrtc
