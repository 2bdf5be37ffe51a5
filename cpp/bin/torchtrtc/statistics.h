#pragma once

#include <vector>

namespace torchtrtc {

// Of the times of calls, in seconds.
struct Statistics {
  double min = 0;
  double mean = 0;
  double p50 = 0;
  double p90 = 0;
  double p99 = 0;
};

// The smallest time that at least this part of the times (0 to 1) does not exceed. There is at least one time.
double percentile(std::vector<double> times, double part);

Statistics statistics_of(const std::vector<double>& times);

}  // namespace torchtrtc
