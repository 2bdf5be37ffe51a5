#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "torch_tensorrt/core/util/logging/TorchTRTLogger.h"

namespace torch_tensorrt::core::util::logging {
namespace {

constexpr LogLevel kAll[] = {LogLevel::kINTERNAL_ERROR, LogLevel::kERROR, LogLevel::kWARNING,
                             LogLevel::kINFO,           LogLevel::kDEBUG, LogLevel::kGRAPH};

std::string logged(TorchTRTLogger& logger, LogLevel level, const std::string& message) {
  testing::internal::CaptureStderr();
  logger.log(level, message);
  return testing::internal::GetCapturedStderr();
}

TEST(Logger, DropsWhatIsAboveTheReportableLevel) {
  TorchTRTLogger logger("p - ", LogLevel::kGRAPH, /*colored=*/false);
  for (LogLevel reportable : kAll) {
    logger.set_reportable_log_level(reportable);
    EXPECT_EQ(logger.get_reportable_log_level(), reportable);
    for (LogLevel level : kAll) {
      EXPECT_EQ(logger.is_reportable(level), level <= reportable);
      EXPECT_EQ(logged(logger, level, "m").empty(), level > reportable);
    }
  }
}

TEST(Logger, PrintsLevelPrefixMessage) {
  TorchTRTLogger logger("[prefix] - ", LogLevel::kGRAPH, /*colored=*/false);
  EXPECT_EQ(logged(logger, LogLevel::kINTERNAL_ERROR, "m"), "INTERNAL_ERROR: [prefix] - m\n");
  EXPECT_EQ(logged(logger, LogLevel::kINFO, "two\nlines"), "INFO: [prefix] - two\nlines\n");
  logger.set_logging_prefix("other ");
  EXPECT_EQ(logger.get_logging_prefix(), "other ");
  EXPECT_EQ(logged(logger, LogLevel::kGRAPH, "m"), "GRAPH: other m\n");
}

TEST(Logger, ColorsOnlyWhenAsked) {
  TorchTRTLogger logger("", LogLevel::kGRAPH, /*colored=*/true);
  EXPECT_TRUE(logger.get_is_colored_output_on());
  EXPECT_EQ(logged(logger, LogLevel::kWARNING, "m"), "\033[0;33mWARNING: m\033[0m\n");
  logger.set_is_colored_output_on(false);
  EXPECT_EQ(logged(logger, LogLevel::kWARNING, "m"), "WARNING: m\n");
}

TEST(Logger, GlobalOneHasTheDocumentedDefaults) {
  EXPECT_EQ(&get_logger(), &get_logger());
  EXPECT_EQ(get_logger().get_logging_prefix(), "[Torch-TensorRT] - ");
  EXPECT_EQ(get_logger().get_reportable_log_level(), LogLevel::kWARNING);
  EXPECT_FALSE(get_logger().get_is_colored_output_on());
}

TEST(Logger, SeveritiesAreLevelsByOtherNames) {
  using Severity = ILogger::Severity;
  TorchTRTLogger logger("p - ", Severity::kINFO, /*colored=*/false);
  EXPECT_EQ(logger.get_reportable_log_level(), LogLevel::kINFO);
  ILogger& as_vendor = logger;
  testing::internal::CaptureStderr();
  as_vendor.log(Severity::kINTERNAL_ERROR, "first");
  as_vendor.log(Severity::kINFO, "second");
  as_vendor.log(Severity::kVERBOSE, "dropped");
  as_vendor.log(Severity::kERROR, nullptr);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "INTERNAL_ERROR: p - first\nINFO: p - second\nERROR: p - \n");
  for (const auto severity :
       {Severity::kINTERNAL_ERROR, Severity::kERROR, Severity::kWARNING, Severity::kINFO, Severity::kVERBOSE}) {
    logger.set_reportable_severity(severity);
    EXPECT_EQ(logger.get_reportable_severity(), severity);
  }
  EXPECT_EQ(logger.get_reportable_log_level(), LogLevel::kDEBUG);
  logger.set_reportable_log_level(LogLevel::kGRAPH);
  EXPECT_EQ(logger.get_reportable_severity(), Severity::kVERBOSE);
}

// Eight threads write while others change every setting: each line must come out whole and once.
TEST(Logger, LinesOfManyThreadsStayWhole) {
  constexpr int kThreads = 8;
  constexpr int kLines = 200;
  TorchTRTLogger logger("p", LogLevel::kERROR, /*colored=*/false);
  const std::string tail(300, 'x');
  testing::internal::CaptureStderr();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kLines; ++i) {
        logger.log(LogLevel::kERROR, std::to_string(t) + "/" + std::to_string(i) + tail);
        logger.set_logging_prefix(i % 2 == 0 ? "p" : "q");
        logger.set_reportable_log_level(i % 2 == 0 ? LogLevel::kERROR : LogLevel::kGRAPH);
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  std::istringstream output(testing::internal::GetCapturedStderr());
  std::set<std::string> seen;
  for (std::string line; std::getline(output, line);) {
    ASSERT_EQ(line.compare(0, 7, "ERROR: "), 0) << line;
    ASSERT_TRUE(line[7] == 'p' || line[7] == 'q') << line;
    ASSERT_EQ(line.substr(line.size() - tail.size()), tail);
    EXPECT_TRUE(seen.insert(line.substr(8)).second) << "twice: " << line;
  }
  EXPECT_EQ(seen.size(), static_cast<size_t>(kThreads) * kLines);
}

}  // namespace
}  // namespace torch_tensorrt::core::util::logging
