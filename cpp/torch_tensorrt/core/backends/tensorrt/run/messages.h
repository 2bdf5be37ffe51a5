#pragma once

#include <string>
#include <vector>

namespace torch_tensorrt::backends::tensorrt {

// TensorRT keeps one logger a process, and logs from threads of its own, so there is one of ours: it passes messages on
// to our logger, with our severities. While one of these lives, errors and warnings are also gathered in it: those of
// its own thread, and those of threads that gather none.
class MessageGatherer {
 public:
  MessageGatherer();
  ~MessageGatherer();
  MessageGatherer(const MessageGatherer&) = delete;
  MessageGatherer& operator=(const MessageGatherer&) = delete;

  // What TensorRT said of errors, one line a message; a sentence that says so when it said nothing. Forgets it.
  std::string take_errors();

 private:
  friend class Logger;
  struct State;
  State* state_;
};

// For calls that must not pay for a gatherer: while one of these lives, what TensorRT says of errors on this thread is
// logged, goes to no other thread's gatherer, and the last of it can be had. Begins with nothing said.
class CallErrors {
 public:
  CallErrors();
  ~CallErrors();
  CallErrors(const CallErrors&) = delete;
  CallErrors& operator=(const CallErrors&) = delete;
};

// What TensorRT last said of an error on this thread; a sentence that says so when it said nothing. Forgets it.
std::string take_last_error();

// The logger, as TensorRT's C functions want it: an nvinfer1::ILogger.
void* vendor_logger();

}  // namespace torch_tensorrt::backends::tensorrt
