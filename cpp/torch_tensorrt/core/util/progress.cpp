#include "torch_tensorrt/core/util/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <utility>

namespace torch_tensorrt::core::util {
namespace {

constexpr auto kTerminalInterval = std::chrono::milliseconds(100);
constexpr size_t kUnknownWidth = 80;

std::string text_of(const ProgressStep& step) {
  if (step.total == 0) return step.task;
  return fmt::format("{}, {} of {}", step.task, step.done, step.total);
}

}  // namespace

void LimitedProgress::step(const ProgressStep& step) {
  const auto now = Clock::now();
  const bool is_last = step.total != 0 && step.done == step.total;
  if (step.task == task_ && !is_last && now - shown_ < interval_) return;
  task_ = step.task;
  shown_ = now;
  show(step);
}

TerminalProgress::TerminalProgress(logging::TorchTRTLogger& logger, std::string what, size_t columns,
                                   Clock::duration delay)
    : LimitedProgress(kTerminalInterval), logger_(logger), what_(std::move(what)), columns_(columns), delay_(delay) {}

TerminalProgress::~TerminalProgress() { clear(); }

void TerminalProgress::clear() {
  is_over_ = true;
  logger_.set_status("");
}

void TerminalProgress::show(const ProgressStep& step) {
  const std::chrono::duration<double> elapsed = Clock::now() - start_;
  if (is_over_ || elapsed < delay_) return;
  std::string line = fmt::format("compiling {} ({:.0f} s): {}", what_, elapsed.count(), text_of(step));
  if (line.size() >= columns_) line.resize(columns_ - 1);  // a longer line would wrap, and stay
  logger_.set_status(line);
}

size_t terminal_columns() {
  const char* kind = std::getenv("TERM");
  if (isatty(STDERR_FILENO) == 0 || (kind != nullptr && std::string_view(kind) == "dumb")) return 0;
  winsize size{};
  const bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_known ? size.ws_col : kUnknownWidth;
}

}  // namespace torch_tensorrt::core::util
