#include "bin/torchtrtc/statistics.h"

#include "gtest/gtest.h"

namespace torchtrtc {
namespace {

TEST(Percentile, IsATimeThatThisPartOfTheTimesDoesNotExceed) {
  const std::vector<double> times = {5, 1, 4, 2, 3};
  EXPECT_EQ(percentile(times, 0), 1);
  EXPECT_EQ(percentile(times, 0.2), 1);
  EXPECT_EQ(percentile(times, 0.5), 3);
  EXPECT_EQ(percentile(times, 0.9), 5);
  EXPECT_EQ(percentile(times, 1), 5);
  EXPECT_EQ(percentile({7}, 0.5), 7);
}

TEST(Percentile, OfAHundredTimes) {
  std::vector<double> times;
  for (int i = 100; i > 0; --i) times.push_back(i);
  const Statistics result = statistics_of(times);
  EXPECT_EQ(result.min, 1);
  EXPECT_EQ(result.mean, 50.5);
  EXPECT_EQ(result.p50, 50);
  EXPECT_EQ(result.p90, 90);
  EXPECT_EQ(result.p99, 99);
}

}  // namespace
}  // namespace torchtrtc
