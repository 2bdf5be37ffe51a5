#include "bin/torchtrtc/help.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "bin/torchtrtc/command_line.h"
#include "bin/torchtrtc/options.h"

namespace torchtrtc {
namespace {

TEST(Wrapped, BreaksAtBlanks) {
  EXPECT_EQ(wrapped("one two three four", 9), "one two\nthree\nfour\n");
  EXPECT_EQ(wrapped("one two three", 9, 2), "  one two\n  three\n");
  EXPECT_EQ(wrapped("exactly 9", 9), "exactly 9\n");
}

TEST(Wrapped, KeepsLongWordsEmptyLinesAndExamples) {
  EXPECT_EQ(wrapped("a verylongword b", 5), "a\nverylongword\nb\n");
  EXPECT_EQ(wrapped("a b\n\n  torchtrtc in.ts out.ts\nc", 5), "a b\n\n  torchtrtc in.ts out.ts\nc\n");
  EXPECT_EQ(wrapped("", 5), "");
}

TEST(HelpFormatter, PutsLongNamesOnALineOfTheirOwn) {
  CLI::App app("Says nothing", "prog");
  app.formatter(std::make_shared<HelpFormatter>(40));
  int number = 0;
  app.add_option("-n", number, "A number that matters to the program");
  app.add_option("--a-very-long-name-of-a-flag", number, "Short");
  const std::string text = app.help();
  EXPECT_THAT(text, testing::HasSubstr("  -n INT            A number that\n                    matters to the\n"));
  EXPECT_THAT(text, testing::HasSubstr("  --a-very-long-name-of-a-flag INT\n                    Short\n"));
}

// Standard output of a command line.
std::string told(const std::vector<std::string>& words) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(run_command_line(words), kDone);
  return testing::internal::GetCapturedStdout();
}

TEST(Help, OfTheProgramListsCommandsAndTheOptionsOfCompile) {
  const std::string text = told({"--help"});
  for (const char* name : {"compile", "check", "inspect", "verify", "bench", "embed", "refit", "doctor"}) {
    EXPECT_THAT(text, testing::HasSubstr("\n  " + std::string(name) + " "));
  }
  EXPECT_THAT(text, testing::HasSubstr(told({"compile", "--help"})));
}

}  // namespace
}  // namespace torchtrtc
