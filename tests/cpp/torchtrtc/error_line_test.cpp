#include "bin/torchtrtc/error_line.h"

#include <stdexcept>

#include "gtest/gtest.h"

#include "torch_tensorrt/core/util/Exception.h"

namespace torchtrtc {
namespace {

TEST(ErrorLine, HasTheUsersLineButNoContext) {
  torch_tensorrt::Error error("some/file.cpp", 7, "input has rank 2");
  error.AppendMessage("Unable to convert node: %1 (conversion.AddLayer)\nSource: model.py:3: y = f(x)\nSchema: f(x)");
  EXPECT_EQ(line_of(error), "input has rank 2 (at model.py:3: y = f(x))");
}

TEST(ErrorLine, JoinsTheLinesOfAMessage) {
  EXPECT_EQ(line_of(std::runtime_error("first:\n  - a\n\n  - b\nlast")), "first: - a; - b; last");
}

TEST(ErrorLine, OfTorchScriptIsItsLastLine) {
  const std::runtime_error error(
      "The following operation failed in the TorchScript interpreter.\nTraceback of TorchScript (most recent call "
      "last):\n  File \"a.py\", line 3\n    raise ValueError(\"no\")\nRuntimeError: no\n");
  EXPECT_EQ(line_of(error), "RuntimeError: no");
}

TEST(ErrorLine, OfAQuotedErrorHasNoBacktrace) {
  const torch_tensorrt::Error frames(
      "batch 1 does not run: c10::Error: missing value\nException raised from f at a.cpp:1 (most recent call first):\n"
      "frame #0: c10::Error::Error");
  EXPECT_EQ(line_of(frames), "batch 1 does not run: missing value");
  const torch_tensorrt::Error script(
      "batch 1 does not run: std::runtime_error: The following operation failed in the TorchScript interpreter.\n"
      "Traceback of TorchScript (most recent call last):\nRuntimeError: [Error thrown at a/b.cpp:46] no double\n");
  EXPECT_EQ(line_of(script), "batch 1 does not run: RuntimeError: no double");
}

}  // namespace
}  // namespace torchtrtc
