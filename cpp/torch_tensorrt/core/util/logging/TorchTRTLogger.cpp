#include "torch_tensorrt/core/util/logging/TorchTRTLogger.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <utility>

#include "torch_tensorrt/core/util/logging/kept_messages.h"

namespace torch_tensorrt::core::util::logging {
namespace {

struct LevelText {
  const char* name;
  const char* color;  // escape sequence
};

// In the order of LogLevel.
constexpr LevelText kLevels[] = {
    {"INTERNAL_ERROR", "\033[0;31m"}, {"ERROR", "\033[0;31m"}, {"WARNING", "\033[0;33m"},
    {"INFO", "\033[0;32m"},           {"DEBUG", "\033[0;35m"}, {"GRAPH", "\033[0;36m"},
};
constexpr const char* kNoColor = "\033[0m";
constexpr const char* kClearLine = "\r\033[K";

const LevelText& text_of(LogLevel level) {
  const auto index = static_cast<size_t>(level);
  constexpr size_t kCount = sizeof(kLevels) / sizeof(kLevels[0]);
  return kLevels[index < kCount ? index : kCount - 1];
}

// A message of this thread that only stderr is to get.
thread_local bool is_only_printed = false;

LogLevel level_of(ILogger::Severity severity) { return static_cast<LogLevel>(severity); }

static_assert(static_cast<int>(ILogger::Severity::kINTERNAL_ERROR) == static_cast<int>(LogLevel::kINTERNAL_ERROR));
static_assert(static_cast<int>(ILogger::Severity::kVERBOSE) == static_cast<int>(LogLevel::kDEBUG));

}  // namespace

struct TorchTRTLogger::State {
  // Writes the text above the status line. Call it with the mutex locked.
  void write(const std::string& text) const {
    std::string all;
    all.append(status.empty() ? "" : kClearLine).append(text).append(status);
    std::fwrite(all.data(), 1, all.size(), stderr);
  }

  mutable std::mutex mutex;  // the texts, and one message at a time on the stream
  std::string prefix;
  std::string status;
  std::atomic<LogLevel> reportable{LogLevel::kWARNING};
  std::atomic<bool> colored{false};

  void print(LogLevel level, const std::string& msg);
};

void TorchTRTLogger::State::print(LogLevel level, const std::string& msg) {
  const LevelText& text = text_of(level);
  const bool is_colored = colored;
  std::lock_guard<std::mutex> lock(mutex);
  std::string line;
  line.reserve(msg.size() + prefix.size() + 32);
  line.append(is_colored ? text.color : "").append(text.name).append(": ").append(prefix);
  line.append(msg).append(is_colored ? kNoColor : "").append("\n");
  write(line);
}

TorchTRTLogger::TorchTRTLogger(std::string prefix, LogLevel reportable, bool colored)
    : state_(std::make_unique<State>()) {
  state_->prefix = std::move(prefix);
  state_->reportable = reportable;
  state_->colored = colored;
}

TorchTRTLogger::TorchTRTLogger(std::string prefix, Severity reportable, bool colored)
    : TorchTRTLogger(std::move(prefix), level_of(reportable), colored) {}

TorchTRTLogger::~TorchTRTLogger() = default;

void TorchTRTLogger::log(Severity severity, const char* message) noexcept {
  try {
    log(level_of(severity), std::string(message == nullptr ? "" : message));
  } catch (...) {  // out of memory: the message is lost
    return;
  }
}

void TorchTRTLogger::log(LogLevel level, const std::string& msg) {
  if (!is_reportable(level)) {
    return;
  }
  const bool is_kept = !is_only_printed;
  const bool is_printed = !is_kept || kept_messages().prints();
  if (is_printed) state_->print(level, msg);
  if (is_kept) kept_messages().add(level, msg, is_printed);
}

void TorchTRTLogger::print(const std::string& line) {
  std::lock_guard<std::mutex> lock(state_->mutex);
  state_->write(line + "\n");
}

void TorchTRTLogger::set_status(const std::string& line) {
  std::lock_guard<std::mutex> lock(state_->mutex);
  if (line == state_->status) return;
  const std::string text = (state_->status.empty() ? "" : kClearLine) + line;
  state_->status = line;
  std::fwrite(text.data(), 1, text.size(), stderr);
}

bool TorchTRTLogger::is_reportable(LogLevel level) const { return level <= state_->reportable.load(); }

void TorchTRTLogger::set_logging_prefix(std::string prefix) {
  std::lock_guard<std::mutex> lock(state_->mutex);
  state_->prefix = std::move(prefix);
}

std::string TorchTRTLogger::get_logging_prefix() const {
  std::lock_guard<std::mutex> lock(state_->mutex);
  return state_->prefix;
}

void TorchTRTLogger::set_reportable_log_level(LogLevel level) { state_->reportable = level; }
LogLevel TorchTRTLogger::get_reportable_log_level() const { return state_->reportable; }
void TorchTRTLogger::set_reportable_severity(Severity severity) { set_reportable_log_level(level_of(severity)); }
TorchTRTLogger::Severity TorchTRTLogger::get_reportable_severity() const {
  return static_cast<Severity>(std::min(get_reportable_log_level(), LogLevel::kDEBUG));
}
void TorchTRTLogger::set_is_colored_output_on(bool colored) { state_->colored = colored; }
bool TorchTRTLogger::get_is_colored_output_on() const { return state_->colored; }

TorchTRTLogger& get_logger() {
  // Never destroyed: other static objects may log while the process ends.
  static auto* logger = new TorchTRTLogger("[Torch-TensorRT] - ", LogLevel::kWARNING, /*colored=*/false);
  return *logger;
}

void print_only(LogLevel level, const std::string& text) {
  struct Only {
    Only() { is_only_printed = true; }
    ~Only() { is_only_printed = false; }
  };
  const Only only;
  get_logger().log(level, text);
}

}  // namespace torch_tensorrt::core::util::logging
