#pragma once

#include <string>
#include <vector>

namespace torch_tensorrt::backends::tensorrt {

// TensorRT keeps one logger for each process, and logs from threads of its own. Our single logger for it passes
// messages on to our log, with our severities. While a gatherer lives, it also collects errors: those of its own
// thread, and those of threads without a gatherer.
class MessageGatherer {
 public:
  MessageGatherer();
  ~MessageGatherer();
  MessageGatherer(const MessageGatherer&) = delete;
  MessageGatherer& operator=(const MessageGatherer&) = delete;

  // Returns and forgets TensorRT's errors, one line each; if there were none, a sentence saying so.
  std::string take_errors();

 private:
  friend class Logger;
  struct State;
  State* state_;
};

// For calls that are too frequent for a gatherer. While one lives, TensorRT's errors on this thread are logged, reach
// no other thread's gatherer, and the last of them is available. Starts without an error.
class CallErrors {
 public:
  CallErrors();
  ~CallErrors();
  CallErrors(const CallErrors&) = delete;
  CallErrors& operator=(const CallErrors&) = delete;
};

// Returns and forgets TensorRT's last error on this thread; if there was none, a sentence saying so.
std::string take_last_error();

// The logger in the form of TensorRT's C functions: an nvinfer1::ILogger.
void* vendor_logger();

}  // namespace torch_tensorrt::backends::tensorrt
