#include "torch_tensorrt/core/backends/tensorrt/run/messages.h"

#include <NvInferRuntime.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace torch_tensorrt::backends::tensorrt {
namespace {

using nvinfer1::ILogger;
using Severity = ILogger::Severity;
using testing::HasSubstr;
using testing::Not;

void say(Severity severity, const char* message) { static_cast<ILogger*>(vendor_logger())->log(severity, message); }

TEST(TensorRTMessages, ErrorsAreGathered) {
  MessageGatherer gatherer;
  say(Severity::kERROR, "first");
  say(Severity::kINTERNAL_ERROR, "second");
  say(Severity::kINFO, "step");
  const std::string text = gatherer.take_errors();
  EXPECT_THAT(text, HasSubstr("TensorRT says:\nfirst\nsecond"));
  EXPECT_THAT(text, Not(HasSubstr("step")));
  EXPECT_EQ(gatherer.take_errors(), "TensorRT gives no reason");
}

TEST(TensorRTMessages, AThreadsOwnErrorsAreItsOwn) {
  MessageGatherer mine;
  std::string theirs;
  std::thread([&] {
    MessageGatherer gatherer;
    say(Severity::kERROR, "of the other");
    theirs = gatherer.take_errors();
  }).join();
  EXPECT_THAT(theirs, HasSubstr("of the other"));
  EXPECT_EQ(mine.take_errors(), "TensorRT gives no reason");
}

TEST(TensorRTMessages, ThreadsOfTensorRTAreHeard) {
  MessageGatherer mine;
  std::thread([] { say(Severity::kERROR, "of a worker"); }).join();
  EXPECT_THAT(mine.take_errors(), HasSubstr("of a worker"));
}

TEST(TensorRTMessages, ACallsErrorsDoNotGoToABuildElsewhere) {
  MessageGatherer build;
  testing::internal::CaptureStderr();
  std::string of_call;
  std::thread([&] {
    const CallErrors errors;
    say(Severity::kERROR, "of the call");
    of_call = take_last_error();
  }).join();
  EXPECT_EQ(of_call, "TensorRT says: of the call");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("of the call"));
  EXPECT_EQ(build.take_errors(), "TensorRT gives no reason");
}

TEST(TensorRTMessages, ACallBeginsWithNothingSaid) {
  {
    MessageGatherer build;
    say(Severity::kERROR, "of a build before");
  }
  const CallErrors errors;
  EXPECT_EQ(take_last_error(), "TensorRT gives no reason");
}

TEST(TensorRTMessages, WithoutAGathererTheLastErrorIsKept) {
  testing::internal::CaptureStderr();
  say(Severity::kERROR, "one");
  say(Severity::kERROR, "two");
  say(Severity::kVERBOSE, "a tactic");
  const std::string logged = testing::internal::GetCapturedStderr();
  EXPECT_THAT(logged, HasSubstr("ERROR: [Torch-TensorRT] - TensorRT: one"));
  EXPECT_THAT(logged, Not(HasSubstr("a tactic")));
  EXPECT_EQ(take_last_error(), "TensorRT says: two");
  EXPECT_EQ(take_last_error(), "TensorRT gives no reason");
}

}  // namespace
}  // namespace torch_tensorrt::backends::tensorrt
