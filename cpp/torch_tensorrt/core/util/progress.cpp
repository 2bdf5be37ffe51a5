#include "torch_tensorrt/core/util/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "torch_tensorrt/core/util/logging/kept_messages.h"

namespace torch_tensorrt::core::util {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr auto kInterval = std::chrono::milliseconds(100);
constexpr Seconds kDelay{1};             // a faster call shows no progress
constexpr Seconds kLeastForEstimate{1};  // a step that has taken less tells nothing about its rest
constexpr double kMostSeconds = 100;     // more are shown as minutes
constexpr size_t kUnknownWidth = 80;

std::string duration_text(double seconds) {
  constexpr double kMinute = 60;
  if (seconds < kMostSeconds) return fmt::format("{:.0f} s", seconds);
  return fmt::format("{:.0f} min", seconds / kMinute);
}

// Beyond the columns, the step is cut, and not the numbers behind it.
std::string fitted_text(const Progress& progress, size_t columns) {
  const std::string head = fmt::format("{} ({})", progress.activity, duration_text(progress.seconds));
  std::string tail;
  if (progress.total != 0) tail += fmt::format(", {} of {}", progress.done, progress.total);
  if (progress.total == 0 && progress.done != 0) tail += fmt::format(" {}", progress.done);
  if (progress.seconds_left >= 0) tail += ", " + duration_text(progress.seconds_left) + " left";
  std::string step = progress.step.empty() ? "" : ": " + progress.step;
  const size_t others = head.size() + tail.size();
  if (others + step.size() > columns && columns >= others) {
    const std::string mark = "...";
    step.resize(std::min(step.size(), columns - others - std::min(columns - others, mark.size())));
    step += mark;
  }
  return (head + step + tail).substr(0, columns);
}

thread_local Followers thread_followers;
thread_local Watch::Call* current_call = nullptr;

}  // namespace

struct Watch::Call {
  ProgressListener listener;
  std::shared_ptr<TerminalProgress> display;
  Progress progress = {};
  Clock::time_point start = Clock::now();
  Clock::time_point step_start = start;
  Clock::time_point told = {};
  std::exception_ptr failure = nullptr;
  bool is_telling = false;
  int depth = 0;  // of calls inside each other, but for frames

  bool is_followed() const { return listener || display != nullptr; }

  void tell(Clock::time_point now) {
    if (is_telling) return;  // the listener itself makes a call that takes time
    told = now;
    progress.seconds = Seconds(now - start).count();
    const Seconds of_step = now - step_start;
    const bool is_known = progress.done > 0 && progress.total > 0 && of_step >= kLeastForEstimate;
    const auto rest = static_cast<double>(progress.total - progress.done);
    progress.seconds_left = is_known ? of_step.count() * rest / static_cast<double>(progress.done) : -1;
    if (display != nullptr) display->show(progress);
    if (!listener) return;
    is_telling = true;
    try {
      listener(progress);
    } catch (...) {
      failure = std::current_exception();
    }
    is_telling = false;
    if (failure != nullptr) throw Cancelled();
  }
};

Watch::Watch(std::string activity, bool is_frame) : is_frame_(is_frame) {
  using Display = Followers::Display;
  if (current_call != nullptr) {
    if (!is_frame_) ++current_call->depth;
    return;
  }
  call_ = std::make_unique<Call>();
  call_->listener = thread_followers.listener;
  const bool is_shown =
      call_->listener ? thread_followers.display == Display::kAlways : thread_followers.display != Display::kNever;
  if (is_shown) call_->display = terminal_progress();
  call_->depth = is_frame_ ? 0 : 1;
  call_->progress.activity = std::move(activity);
  current_call = call_.get();
}

Watch::~Watch() {
  if (call_ != nullptr) {
    current_call = nullptr;
  } else if (!is_frame_) {
    --current_call->depth;
  }
}

bool Watch::end_with(const std::string& line) {
  if (current_call == nullptr || current_call->display == nullptr || current_call->depth != 1) return false;
  current_call->display->clear();
  logging::get_logger().print(line);
  return true;
}

void Watch::rethrow() const {
  if (current_call == nullptr || current_call->failure == nullptr) return;
  if (call_ != nullptr) std::rethrow_exception(current_call->failure);
  throw Cancelled();
}

void report(const std::string& step, int64_t done, int64_t total) {
  Watch::Call* call = current_call;
  if (call == nullptr || !call->is_followed()) return;
  if (call->failure != nullptr) throw Cancelled();
  const auto now = Clock::now();
  Progress& progress = call->progress;
  const bool is_new = step != progress.step || total != progress.total || done < progress.done;
  if (is_new) call->step_start = now;
  progress.step = step;
  progress.done = done;
  progress.total = total;
  const bool is_last = total != 0 && done == total;
  if (is_new || is_last || now - call->told >= kInterval) call->tell(now);
}

void tick() {
  Watch::Call* call = current_call;
  if (call == nullptr || !call->is_followed()) return;
  if (call->failure != nullptr) throw Cancelled();
  const auto now = Clock::now();
  if (now - call->told >= kInterval) call->tell(now);
}

Followers set_followers(Followers followers) { return std::exchange(thread_followers, std::move(followers)); }

std::string text_of(const Progress& progress) { return fitted_text(progress, std::string::npos); }

TerminalProgress::TerminalProgress(logging::TorchTRTLogger& logger, size_t columns, Seconds delay)
    : logger_(logger), columns_(columns), delay_(delay) {}

TerminalProgress::~TerminalProgress() { clear(); }

void TerminalProgress::clear() {
  is_over_ = true;
  logger_.set_status("");
}

void TerminalProgress::show(const Progress& progress) {
  if (is_over_ || progress.seconds < delay_.count()) return;
  logger_.set_status(fitted_text(progress, columns_ - 1));  // a longer line would wrap, and stay
}

size_t terminal_columns() {
  const char* kind = std::getenv("TERM");
  if (isatty(STDERR_FILENO) == 0 || (kind != nullptr && std::string_view(kind) == "dumb")) return 0;
  winsize size{};
  const bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_known ? size.ws_col : kUnknownWidth;
}

std::shared_ptr<TerminalProgress> terminal_progress() {
  using logging::LogLevel;
  auto& logger = logging::get_logger();
  const size_t columns = terminal_columns();
  const bool is_shown = logger.is_reportable(LogLevel::kWARNING) && !logger.is_reportable(LogLevel::kINFO);
  const bool is_own = logging::kept_messages().prints();  // else Python writes to the terminal too
  if (columns == 0 || !is_shown || !is_own) return nullptr;
  return std::make_shared<TerminalProgress>(logger, columns, kDelay);
}

}  // namespace torch_tensorrt::core::util

namespace torch_tensorrt {

ProgressListener set_progress_listener(ProgressListener listener) {
  return core::util::set_followers({std::move(listener)}).listener;
}

}  // namespace torch_tensorrt
