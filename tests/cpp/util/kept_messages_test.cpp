#include "torch_tensorrt/core/util/logging/kept_messages.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace torch_tensorrt::core::util::logging {
namespace {

int g_scheduled = 0;
int schedule(KeptMessages::Callback callback, void* /*argument*/) {
  EXPECT_EQ(callback, nullptr);
  ++g_scheduled;
  return 0;
}

TEST(KeptMessages, KeepsNothingUntilItStartsAndAfterItStopped) {
  KeptMessages kept;
  kept.add(LogLevel::kERROR, "early", true);
  kept.start(schedule, nullptr);
  kept.add(LogLevel::kERROR, "kept", true);
  EXPECT_EQ(kept.take().size(), 1U);
  kept.add(LogLevel::kERROR, "waits", true);
  kept.set_prints(false);
  kept.stop();
  kept.add(LogLevel::kERROR, "late", true);
  EXPECT_TRUE(kept.take().empty());
  EXPECT_TRUE(kept.prints());
}

TEST(KeptMessages, SchedulesOnceUntilTheMessagesAreTaken) {
  KeptMessages kept;
  kept.start(schedule, nullptr);
  g_scheduled = 0;
  kept.add(LogLevel::kERROR, "a", true);
  kept.add(LogLevel::kWARNING, "b", false);
  EXPECT_EQ(g_scheduled, 1);
  const auto taken = kept.take();
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].text + taken[1].text, "ab");
  EXPECT_TRUE(taken[0].is_printed && !taken[1].is_printed);
  kept.add_taker(1);
  kept.add(LogLevel::kERROR, "c", true);
  EXPECT_EQ(g_scheduled, 1);
  kept.add_taker(-1);
  kept.add(LogLevel::kERROR, "d", true);
  EXPECT_EQ(g_scheduled, 2);
}

TEST(KeptMessages, CountsWhatIsTooMuch) {
  KeptMessages kept;
  kept.start(schedule, nullptr);
  const std::string large(size_t{40} << 20U, 'x');
  for (int i = 0; i < 3; ++i) kept.add(LogLevel::kGRAPH, large, true);
  const auto taken = kept.take();
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_NE(taken[1].text.find("2 messages are missing"), std::string::npos);
  EXPECT_TRUE(kept.take().empty());
}

TEST(KeptMessages, AreThoseOfAllLoggers) {
  kept_messages().start(schedule, nullptr);
  testing::internal::CaptureStderr();
  TorchTRTLogger other("other - ", LogLevel::kERROR, /*colored=*/false);
  other.log(LogLevel::kERROR, "of another logger");
  get_logger().log(LogLevel::kERROR, "printed");
  kept_messages().set_prints(false);
  other.log(LogLevel::kERROR, "of another logger, kept alone");
  get_logger().log(LogLevel::kERROR, "kept alone");
  get_logger().log(LogLevel::kDEBUG, "not reportable");
  print_only(LogLevel::kERROR, "only printed");
  std::vector<std::string> texts;
  for (const auto& message : kept_messages().take()) texts.push_back(message.text);
  kept_messages().stop();
  EXPECT_EQ(texts,
            (std::vector<std::string>{"of another logger", "printed", "of another logger, kept alone", "kept alone"}));
  const std::string printed = testing::internal::GetCapturedStderr();
  EXPECT_NE(printed.find("other - of another logger"), std::string::npos);
  EXPECT_EQ(printed.find("kept alone"), std::string::npos);
  EXPECT_NE(printed.find("- printed"), std::string::npos);
}

TEST(KeptMessages, OfManyThreadsAreAllThere) {
  KeptMessages kept;
  kept.start(schedule, nullptr);
  std::vector<std::thread> threads;
  size_t taken = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) kept.add(LogLevel::kERROR, "x", false);
    });
  }
  for (int i = 0; i < 50; ++i) taken += kept.take().size();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(taken + kept.take().size(), 800U);
}

}  // namespace
}  // namespace torch_tensorrt::core::util::logging
