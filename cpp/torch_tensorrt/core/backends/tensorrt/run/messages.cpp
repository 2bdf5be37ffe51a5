#include "torch_tensorrt/core/backends/tensorrt/run/messages.h"

#include <NvInferRuntime.h>

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {

using core::util::logging::LogLevel;

struct MessageGatherer::State {
  std::thread::id thread = std::this_thread::get_id();
  std::vector<std::string> errors;
};

namespace {

thread_local std::string last_error;
thread_local int calls_with_own_errors = 0;

// More would be too much to read.
constexpr size_t kMaxGathered = 20;

LogLevel level_of(nvinfer1::ILogger::Severity severity) {
  using Severity = nvinfer1::ILogger::Severity;
  switch (severity) {
    case Severity::kINTERNAL_ERROR:
      return LogLevel::kINTERNAL_ERROR;
    case Severity::kERROR:
      return LogLevel::kERROR;
    case Severity::kWARNING:
      return LogLevel::kWARNING;
    case Severity::kINFO:
      // TensorRT logs every step of a build as information; we log one line for each build.
      return LogLevel::kDEBUG;
    case Severity::kVERBOSE:
      return LogLevel::kGRAPH;
  }
  return LogLevel::kDEBUG;
}

}  // namespace

class Logger final : public nvinfer1::ILogger {
 public:
  static Logger& global() {
    static auto* const logger = new Logger();  // never destroyed: TensorRT may log while the process ends
    return *logger;
  }

  void log(Severity severity, const char* message) noexcept override {
    try {
      if (severity <= Severity::kERROR) last_error = message;
      if (severity <= Severity::kERROR && gather(message)) return;
      auto& logger = core::util::logging::get_logger();
      const LogLevel level = level_of(severity);
      if (logger.is_reportable(level)) logger.log(level, std::string("TensorRT: ") + message);
    } catch (...) {  // TensorRT cannot pass exceptions on
    }
  }

  void add(MessageGatherer::State* state) {
    const std::lock_guard lock(mutex_);
    gatherers_.push_back(state);
  }

  void remove(MessageGatherer::State* state) {
    const std::lock_guard lock(mutex_);
    gatherers_.erase(std::find(gatherers_.begin(), gatherers_.end(), state));
  }

  std::vector<std::string> take(MessageGatherer::State* state) {
    const std::lock_guard lock(mutex_);
    return std::exchange(state->errors, {});
  }

 private:
  // Gathered messages become part of an Error, so they need not be logged.
  bool gather(const char* message) {
    const std::lock_guard lock(mutex_);
    const auto mine = [](const auto* state) { return state->thread == std::this_thread::get_id(); };
    const bool has_own = std::any_of(gatherers_.begin(), gatherers_.end(), mine);
    bool gathered = false;
    if (!has_own && calls_with_own_errors > 0) return false;
    for (MessageGatherer::State* state : gatherers_) {
      if (has_own && !mine(state)) continue;
      gathered = true;
      if (state->errors.size() < kMaxGathered) state->errors.emplace_back(message);
    }
    return gathered;
  }

  std::mutex mutex_;
  std::vector<MessageGatherer::State*> gatherers_;
};

MessageGatherer::MessageGatherer() : state_(new State()) { Logger::global().add(state_); }

MessageGatherer::~MessageGatherer() {
  Logger::global().remove(state_);
  delete state_;
}

std::string MessageGatherer::take_errors() {
  std::string text;
  for (const std::string& error : Logger::global().take(state_)) text += (text.empty() ? "" : "\n") + error;
  return text.empty() ? "TensorRT gives no reason" : "TensorRT says:\n" + text;
}

CallErrors::CallErrors() {
  ++calls_with_own_errors;
  last_error.clear();
}

CallErrors::~CallErrors() { --calls_with_own_errors; }

std::string take_last_error() {
  const std::string error = std::exchange(last_error, {});
  return error.empty() ? "TensorRT gives no reason" : "TensorRT says: " + error;
}

void* vendor_logger() { return static_cast<nvinfer1::ILogger*>(&Logger::global()); }

}  // namespace torch_tensorrt::backends::tensorrt
