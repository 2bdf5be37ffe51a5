#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include "torch_tensorrt/core/util/logging/TorchTRTLogger.h"
#include "torch_tensorrt/progress.h"

namespace torch_tensorrt::core::util {

// The listener has ended the call. Whoever catches it by mistake meets it again at the next step.
class Cancelled : public std::exception {
 public:
  const char* what() const noexcept override { return "the call was cancelled"; }
};

class TerminalProgress;

// Who follows the calls of a thread.
struct Followers {
  enum class Display { kWithoutListener, kNever, kAlways };  // on a terminal

  ProgressListener listener;
  Display display = Display::kWithoutListener;
};

// For calls of this thread that begin from now on. Returns the followers before.
Followers set_followers(Followers followers);

// A call that takes time, of this thread, while the object lives. A call inside another one is a part of it.
class Watch {
 public:
  // A frame's last call is what the user asked for: that call may end the progress (end_with).
  explicit Watch(std::string activity, bool is_frame = false);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  // Throws what the listener has thrown; Cancelled if this call is inside another one.
  void rethrow() const;
  // Ends the progress on the terminal with a line. False if none is shown there, or if this call is only a part.
  bool end_with(const std::string& line);

  struct Call;

 private:
  std::unique_ptr<Call> call_;  // null inside another one
  bool is_frame_;
};

// Runs the function, and throws what the listener has thrown meanwhile, whatever the function made of that.
template <typename F>
auto watched(const Watch& watch, F&& function) -> decltype(function()) {
  try {
    auto result = function();
    watch.rethrow();
    return result;
  } catch (...) {
    watch.rethrow();
    throw;
  }
}

// Tells the thread's listener that a step goes on: `done` of `total` parts are finished; total 0: it has no parts.
// Costs next to nothing where nobody listens. Throws Cancelled.
void report(const std::string& step, int64_t done = 0, int64_t total = 0);
// The same step still: for the inside of a long part, so that a listener can end it.
void tick();

// Shows the current step in the last line of a terminal, below the logger's messages, once a call takes longer than the
// delay. The line vanishes with the object.
class TerminalProgress {
 public:
  // `columns`: the width of the terminal.
  TerminalProgress(logging::TorchTRTLogger& logger, size_t columns, std::chrono::duration<double> delay);
  ~TerminalProgress();
  TerminalProgress(const TerminalProgress&) = delete;
  TerminalProgress& operator=(const TerminalProgress&) = delete;
  void show(const Progress& progress);
  // Ends the line; later steps show none.
  void clear();

 private:
  logging::TorchTRTLogger& logger_;
  size_t columns_;
  std::chrono::duration<double> delay_;
  std::atomic<bool> is_over_{false};
};

// "compiling Net (3 s): timing layers of Net_forward, 3 of 12, 5 s left"
std::string text_of(const Progress& progress);

// The width of the terminal that standard error is, or 0 if it is none (or one that cannot rewrite a line).
size_t terminal_columns();
// For the process's logger; null if standard error is no terminal, if the level silences it or shows messages instead,
// or if Python shows the messages.
std::shared_ptr<TerminalProgress> terminal_progress();

}  // namespace torch_tensorrt::core::util
