#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace torch_tensorrt::core::util::logging {

// nvinfer1::ILogger: messages with TensorRT's severities.
class ILogger {
 public:
  enum class Severity : int32_t { kINTERNAL_ERROR = 0, kERROR, kWARNING, kINFO, kVERBOSE };
  virtual ~ILogger() = default;
  virtual void log(Severity severity, const char* message) noexcept = 0;
};

enum class LogLevel : uint8_t { kINTERNAL_ERROR = 0, kERROR, kWARNING, kINFO, kDEBUG, kGRAPH };

// Thread-safe logger to stderr. Drops a message above the reportable level before it is formatted.
class TorchTRTLogger : public ILogger {
 public:
  TorchTRTLogger(std::string prefix, LogLevel reportable, bool colored);
  TorchTRTLogger(std::string prefix, Severity reportable, bool colored);
  ~TorchTRTLogger() override;
  TorchTRTLogger(const TorchTRTLogger&) = delete;
  TorchTRTLogger& operator=(const TorchTRTLogger&) = delete;

  // Prints "LEVEL: PREFIX MESSAGE".
  void log(LogLevel level, const std::string& msg);
  // Severities are levels by other names: kVERBOSE is kDEBUG.
  void log(Severity severity, const char* message) noexcept override;
  bool is_reportable(LogLevel level) const;

  // Prints a line without level and prefix, whatever the level.
  void print(const std::string& line);
  // Keeps a line below the messages, for a terminal; an empty one ends that.
  void set_status(const std::string& line);

  void set_logging_prefix(std::string prefix);
  std::string get_logging_prefix() const;
  void set_reportable_log_level(LogLevel level);
  LogLevel get_reportable_log_level() const;
  void set_reportable_severity(Severity severity);
  // kVERBOSE for the level kGRAPH, too.
  Severity get_reportable_severity() const;
  void set_is_colored_output_on(bool colored);
  bool get_is_colored_output_on() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The process-wide logger: prefix "[Torch-TensorRT] - ", level warning, no color.
TorchTRTLogger& get_logger();

}  // namespace torch_tensorrt::core::util::logging
