#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "torch_tensorrt/core/util/logging/TorchTRTLogger.h"

namespace torch_tensorrt::core::util::logging {

struct KeptMessage {
  LogLevel level;
  std::string text;  // without the prefix
  double seconds;    // since the epoch
  uint64_t thread;   // pthread_self
  bool is_printed;   // the process's logger printed it
};

// Messages of all loggers for a second log that must not be called from any thread, such as Python's: a
// thread that waits for Python's lock may hold a mutex for which the owner of that lock waits. A message waits here
// until take(). Thread-safe.
class KeptMessages {
 public:
  using Callback = int (*)(void*);
  // Schedules a call of the callback by another thread (Py_AddPendingCall). Must not wait or call back.
  using Schedule = int (*)(Callback, void*);

  // From now on, keeps messages, and schedules `callback` when the first message waits and nobody takes them anyway.
  void start(Schedule schedule, Callback callback);
  // Keeps no message and schedules nothing any more, also not in calls that run now.
  void stop();
  // While at least one taker asks regularly, nothing is scheduled.
  void add_taker(int64_t count);
  // Whether the logger prints its messages to stderr (default: yes).
  void set_prints(bool prints);
  bool prints() const;

  void add(LogLevel level, const std::string& text, bool is_printed);
  // The messages in their order. Replaces the text of those that came when too many waited by their number.
  std::vector<KeptMessage> take();

 private:
  // Texts beyond this are dropped.
  static constexpr size_t kMostBytes = size_t{64} << 20U;

  mutable std::mutex mutex_;
  Schedule schedule_ = nullptr;
  Callback callback_ = nullptr;
  bool is_scheduled_ = false;
  int64_t takers_ = 0;
  bool prints_ = true;
  size_t bytes_ = 0;
  int64_t dropped_ = 0;
  std::vector<KeptMessage> messages_;
};

KeptMessages& kept_messages();

// Prints the message as the process's logger does, and keeps nothing.
void print_only(LogLevel level, const std::string& text);

}  // namespace torch_tensorrt::core::util::logging
