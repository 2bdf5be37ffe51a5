#include "torch_tensorrt/core/util/progress.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>
#include <vector>

namespace torch_tensorrt::core::util {
namespace {

using logging::LogLevel;
using logging::TorchTRTLogger;

// Listens to calls of the test's thread while it lives.
class Recorder {
 public:
  Recorder() {
    set_progress_listener([this](const Progress& progress) { seen.push_back(progress); });
  }
  ~Recorder() { set_progress_listener(nullptr); }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  std::vector<int64_t> done() const {
    std::vector<int64_t> numbers;
    for (const Progress& progress : seen) numbers.push_back(progress.done);
    return numbers;
  }

  std::vector<Progress> seen;
};

TEST(Progress, IsReportedToNobodyWhereNobodyListens) {
  report("lowering");
  const Watch watch("compiling Net");
  report("lowering", 1, 2);
  tick();
}

TEST(Progress, IsReportedAtTheBeginningAndTheEndOfAStep) {
  const Recorder recorder;
  report("before the call");
  const Watch watch("compiling Net");
  for (int64_t i = 1; i <= 4; ++i) report("timing", i, 4);
  report("packing", 7, 9);
  EXPECT_EQ(recorder.done(), (std::vector<int64_t>{1, 4, 7}));
  EXPECT_EQ(recorder.seen.front().activity, "compiling Net");
  EXPECT_EQ(recorder.seen.front().step, "timing");
  EXPECT_EQ(recorder.seen.front().total, 4);
  EXPECT_EQ(recorder.seen.front().seconds_left, -1);
}

TEST(Progress, GoesOnWithinAPartThatTakesLong) {
  const Recorder recorder;
  const Watch watch("compiling Net");
  report("timing", 1, 4);
  for (int i = 0; i < 25; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    tick();
  }
  EXPECT_GE(recorder.seen.size(), 2U);
  EXPECT_LE(recorder.seen.size(), 4U);
  EXPECT_GT(recorder.seen.back().seconds, recorder.seen.front().seconds);
}

TEST(Progress, EstimatesTheRestOfAStep) {
  const Recorder recorder;
  const Watch watch("compiling Net");
  report("timing", 0, 4);
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  report("timing", 1, 4);
  EXPECT_GE(recorder.seen.back().seconds_left, 3.3);
  report("packing", 0, 4);
  EXPECT_EQ(recorder.seen.back().seconds_left, -1);
}

TEST(Progress, OfACallInsideAnotherOneBelongsToThatOne) {
  const Recorder recorder;
  const Watch outer("verifying");
  {
    const Watch inner("compiling Net");
    report("timing", 1, 2);
  }
  report("running", 1, 2);
  ASSERT_EQ(recorder.seen.size(), 2U);
  EXPECT_EQ(recorder.seen[0].activity, "verifying");
  EXPECT_EQ(recorder.seen[1].activity, "verifying");
}

TEST(Progress, OfAnotherThreadIsNotReported) {
  const Recorder recorder;
  std::thread([] {
    const Watch watch("compiling Net");
    report("timing", 1, 2);
  }).join();
  EXPECT_TRUE(recorder.seen.empty());
}

TEST(Progress, EndsWithTheExceptionOfTheListener) {
  set_progress_listener([](const Progress&) { throw std::domain_error("enough"); });
  int reached = 0;
  const auto swallows = [&] {
    for (int i = 0; i < 3; ++i) {
      try {
        report("timing", i, 3);
        ++reached;
      } catch (const std::exception&) {
      }
    }
    return 0;
  };
  {
    const Watch watch("compiling Net");
    EXPECT_THROW(watched(watch, swallows), std::domain_error);
  }
  {
    const Watch outer("verifying");
    const Watch inner("compiling Net");
    EXPECT_THROW(watched(inner, swallows), Cancelled);
    EXPECT_THROW(watched(outer, [] { return 0; }), std::domain_error);
  }
  EXPECT_EQ(reached, 0);
  set_progress_listener(nullptr);
  const Watch watch("compiling Net");
  EXPECT_EQ(watched(watch, swallows), 0);
  EXPECT_EQ(reached, 3);
}

TEST(Progress, OfAFrameIsEndedByItsCall) {
  Watch frame("compiling Net", /*is_frame=*/true);
  {
    const Watch calibrating("calibrating");
    Watch part("compiling Net");
    EXPECT_FALSE(part.end_with("compiled Net"));
  }
  Watch call("compiling Net");
  EXPECT_FALSE(call.end_with("compiled Net"));  // no terminal
}

TEST(Progress, LetsAListenerMakeACallOfItsOwn) {
  int calls = 0;
  set_progress_listener([&](const Progress&) {
    ++calls;
    const Watch watch("compiling Other");
    report("timing", 1, 2);
  });
  {
    const Watch watch("compiling Net");
    report("lowering");
  }
  set_progress_listener(nullptr);
  EXPECT_EQ(calls, 1);
}

Progress at(double seconds) { return {"compiling Net", "timing layers of Net", 3, 12, seconds, 4.6}; }

TEST(Progress, HasAText) {
  EXPECT_EQ(text_of(at(2)), "compiling Net (2 s): timing layers of Net, 3 of 12, 5 s left");
  EXPECT_EQ(text_of({"refitting Net", "", 0, 0, 150, -1}), "refitting Net (2 min)");
  EXPECT_EQ(text_of({"calibrating", "running batch", 7, 0, 1, -1}), "calibrating (1 s): running batch 7");
}

TEST(Progress, OnATerminalIsALineBelowTheMessages) {
  TorchTRTLogger logger("", LogLevel::kWARNING, /*colored=*/false);
  testing::internal::CaptureStderr();
  {
    TerminalProgress progress(logger, /*columns=*/80, std::chrono::seconds(1));
    progress.show(at(2));
    logger.log(LogLevel::kWARNING, "m");
  }
  logger.print("compiled Net");
  const std::string shown = text_of(at(2));
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            shown + "\r\033[KWARNING: m\n" + shown + "\r\033[K" + "compiled Net\n");
}

TEST(Progress, OnATerminalNeverWraps) {
  TorchTRTLogger logger("", LogLevel::kWARNING, /*colored=*/false);
  testing::internal::CaptureStderr();
  TerminalProgress progress(logger, /*columns=*/20, std::chrono::seconds(1));
  progress.show(at(2));
  progress.clear();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "compiling Net (2 s)\r\033[K");
}

TEST(Progress, OnANarrowTerminalKeepsItsNumbers) {
  TorchTRTLogger logger("", LogLevel::kWARNING, /*colored=*/false);
  testing::internal::CaptureStderr();
  {
    TerminalProgress progress(logger, /*columns=*/51, std::chrono::seconds(1));
    progress.show(at(2));
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "compiling Net (2 s): timing ..., 3 of 12, 5 s left\r\033[K");
}

TEST(Progress, OnATerminalIsNotShownOfFastCallsNorAfterTheEnd) {
  TorchTRTLogger logger("", LogLevel::kWARNING, /*colored=*/false);
  testing::internal::CaptureStderr();
  {
    TerminalProgress progress(logger, /*columns=*/80, std::chrono::seconds(1));
    progress.show(at(0.5));
    progress.clear();
    progress.show(at(2));
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Progress, HasNoTerminalInAFile) {
  testing::internal::CaptureStderr();  // into a file
  EXPECT_EQ(terminal_columns(), 0U);
  EXPECT_EQ(terminal_progress(), nullptr);
  testing::internal::GetCapturedStderr();
}

}  // namespace
}  // namespace torch_tensorrt::core::util
