#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "torch_tensorrt/core/util/logging/TorchTRTLogger.h"

namespace torch_tensorrt::core::util {

// Where a build is: "timing layers of Net_forward", 3 of 12.
struct ProgressStep {
  std::string task;
  int64_t done = 0;
  int64_t total = 0;  // 0: the task has no steps
};

// Receives the steps of a build in the thread that builds. Every part of a build reports through `report`, with null
// where nobody watches.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void step(const ProgressStep& step) = 0;
};

inline void report(Progress* progress, const std::string& task, int64_t done = 0, int64_t total = 0) {
  if (progress != nullptr) progress->step({task, done, total});
}

// Passes on each task's first and last step, and others at most once an interval.
class LimitedProgress : public Progress {
 public:
  using Clock = std::chrono::steady_clock;
  explicit LimitedProgress(Clock::duration interval) : interval_(interval) {}
  void step(const ProgressStep& step) final;

 protected:
  virtual void show(const ProgressStep& step) = 0;

 private:
  Clock::duration interval_;
  Clock::time_point shown_{};
  std::string task_;
};

// Shows the current step in the last line of a terminal, below the logger's messages, once a build takes longer than
// the delay. The line vanishes with the object.
class TerminalProgress : public LimitedProgress {
 public:
  // `what`: what is built; `columns`: the width of the terminal.
  TerminalProgress(logging::TorchTRTLogger& logger, std::string what, size_t columns, Clock::duration delay);
  ~TerminalProgress() override;
  // Ends the line; later steps show none.
  void clear();
  TerminalProgress(const TerminalProgress&) = delete;
  TerminalProgress& operator=(const TerminalProgress&) = delete;

 protected:
  void show(const ProgressStep& step) override;

 private:
  logging::TorchTRTLogger& logger_;
  std::string what_;
  size_t columns_;
  Clock::duration delay_;
  Clock::time_point start_ = Clock::now();
  std::atomic<bool> is_over_{false};
};

// The width of the terminal that standard error is, or 0 if it is none (or one that cannot rewrite a line).
size_t terminal_columns();

}  // namespace torch_tensorrt::core::util
