#include "torch_tensorrt/core/util/progress.h"

#include <gtest/gtest.h>

#include <vector>

namespace torch_tensorrt::core::util {
namespace {

using logging::LogLevel;
using logging::TorchTRTLogger;

class Recorder : public LimitedProgress {
 public:
  using LimitedProgress::LimitedProgress;
  std::vector<int64_t> seen;

 protected:
  void show(const ProgressStep& step) override { seen.push_back(step.done); }
};

TEST(Progress, IsReportedToNobodyWhereNobodyWatches) { report(nullptr, "lowering"); }

TEST(Progress, IsLimitedWithinATask) {
  Recorder often{std::chrono::nanoseconds(0)};
  Recorder seldom{std::chrono::hours(1)};
  for (Recorder* progress : {&often, &seldom}) {
    for (int64_t i = 1; i <= 4; ++i) report(progress, "timing", i, 4);
    report(progress, "packing", 7, 9);
  }
  EXPECT_EQ(often.seen, (std::vector<int64_t>{1, 2, 3, 4, 7}));
  EXPECT_EQ(seldom.seen, (std::vector<int64_t>{1, 4, 7}));  // the first and last of a task
}

TEST(Progress, OnATerminalIsALineBelowTheMessages) {
  TorchTRTLogger logger("", LogLevel::kWARNING, /*colored=*/false);
  testing::internal::CaptureStderr();
  {
    TerminalProgress progress(logger, "Net", /*columns=*/80, std::chrono::seconds(0));
    report(&progress, "timing layers of Net", 3, 12);
    logger.log(LogLevel::kWARNING, "m");
  }
  logger.print("compiled Net");
  const std::string shown = "compiling Net (0 s): timing layers of Net, 3 of 12";
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            shown + "\r\033[KWARNING: m\n" + shown + "\r\033[K" + "compiled Net\n");
}

TEST(Progress, OnATerminalNeverWraps) {
  TorchTRTLogger logger("", LogLevel::kWARNING, /*colored=*/false);
  testing::internal::CaptureStderr();
  TerminalProgress progress(logger, "Net", /*columns=*/20, std::chrono::seconds(0));
  report(&progress, "timing layers of Net", 3, 12);
  progress.clear();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "compiling Net (0 s)\r\033[K");
}

TEST(Progress, OnATerminalIsNotShownOfFastBuildsNorAfterTheEnd) {
  TorchTRTLogger logger("", LogLevel::kWARNING, /*colored=*/false);
  testing::internal::CaptureStderr();
  {
    TerminalProgress fast(logger, "Net", /*columns=*/80, std::chrono::hours(1));
    report(&fast, "lowering");
    TerminalProgress over(logger, "Net", /*columns=*/80, std::chrono::seconds(0));
    over.clear();
    report(&over, "lowering");
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Progress, HasNoTerminalInAFile) {
  testing::internal::CaptureStderr();  // into a file
  EXPECT_EQ(terminal_columns(), 0U);
  testing::internal::GetCapturedStderr();
}

}  // namespace
}  // namespace torch_tensorrt::core::util
