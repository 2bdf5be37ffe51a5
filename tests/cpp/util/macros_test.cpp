#include "torch_tensorrt/core/util/macros.h"

#include <gtest/gtest.h>

#include <string>

namespace torch_tensorrt {
namespace {

using core::util::logging::LogLevel;
using core::util::logging::TorchTRTLogger;

// Each macro must be one statement: without braces, an `else` belongs to the `if` before it.
std::string branch_taken(bool outer, TorchTRTLogger& logger) {
  if (outer)
    TORCHTRT_CHECK(true, "never shown");
  else
    return "else of check";
  if (outer)
    TORCHTRT_ASSERT(true, "never shown");
  else
    return "else of assert";
  if (outer)
    LOG_DEBUG(logger, "not reportable");
  else
    return "else of log";
  if (!outer)
    TORCHTRT_THROW_ERROR("thrown");
  else
    return "end";
}

TEST(Macros, AreSingleStatements) {
  TorchTRTLogger logger("", LogLevel::kERROR, /*colored=*/false);
  EXPECT_EQ(branch_taken(true, logger), "end");
  EXPECT_EQ(branch_taken(false, logger), "else of check");
}

TEST(Macros, MayStandTwiceInOneScope) {
  TorchTRTLogger logger("", LogLevel::kERROR, /*colored=*/false);
  LOG_INFO(logger, "one");
  LOG_INFO(logger, "two");
  TORCHTRT_CHECK(true, "one");
  TORCHTRT_CHECK(true, "two");
  TORCHTRT_ASSERT(true);
  TORCHTRT_ASSERT(true, "two");
}

template <typename F>
std::string message_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(Macros, ThrowErrorSaysPlaceAndStreamedMessage) {
  const std::string text = message_of([] { TORCHTRT_THROW_ERROR("rank is " << 5 << ", must be " << 4); });
  EXPECT_NE(text.find("macros_test.cpp:"), std::string::npos) << text;
  EXPECT_NE(text.find("] rank is 5, must be 4\n"), std::string::npos) << text;
}

TEST(Macros, CheckSaysItsMessageAndNotItsCondition) {
  const int rank = 5;
  const std::string text = message_of([&] { TORCHTRT_CHECK(rank == 4, "rank is " << rank); });
  EXPECT_NE(text.find("] rank is 5\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("rank == 4"), std::string::npos) << text;
}

TEST(Macros, AssertSaysConditionAndMessage) {
  const int rank = 5;
  const std::string text = message_of([&] { TORCHTRT_ASSERT(rank == 4, "rank is " << rank); });
  EXPECT_NE(text.find("expected rank == 4 to be true. rank is 5"), std::string::npos) << text;
}

TEST(Macros, CheckEvaluatesItsConditionOnce) {
  int calls = 0;
  TORCHTRT_CHECK(++calls == 1, "called " << calls);
  EXPECT_EQ(calls, 1);
}

TEST(Macros, MessageIsNotMadeWhenNotReportable) {
  TorchTRTLogger logger("", LogLevel::kERROR, /*colored=*/false);
  int made = 0;
  const auto text = [&made] {
    ++made;
    return "text";
  };
  LOG_WARNING(logger, text());
  EXPECT_EQ(made, 0);
  testing::internal::CaptureStderr();
  LOG_ERROR(logger, text());
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "ERROR: text\n");
  EXPECT_EQ(made, 1);
}

TEST(Macros, OneArgumentGoesToTheGlobalLogger) {
  testing::internal::CaptureStderr();
  LOG_WARNING("built " << 3 << " layers");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "WARNING: [Torch-TensorRT] - built 3 layers\n");
}

}  // namespace
}  // namespace torch_tensorrt
