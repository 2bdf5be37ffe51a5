#include "torch_tensorrt/core/util/logging/kept_messages.h"

#include <pthread.h>

#include <chrono>

namespace torch_tensorrt::core::util::logging {
namespace {

KeptMessage make_message(LogLevel level, const std::string& text, bool is_printed) {
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  return {level, text, now.count(), static_cast<uint64_t>(pthread_self()), is_printed};
}

}  // namespace

void KeptMessages::start(Schedule schedule, Callback callback) {
  const std::lock_guard lock(mutex_);
  schedule_ = schedule;
  callback_ = callback;
}

void KeptMessages::stop() {
  const std::lock_guard lock(mutex_);
  schedule_ = nullptr;
  callback_ = nullptr;
  messages_.clear();
  bytes_ = 0;
  prints_ = true;
}

void KeptMessages::add_taker(int64_t count) {
  const std::lock_guard lock(mutex_);
  takers_ += count;
}

void KeptMessages::set_prints(bool prints) {
  const std::lock_guard lock(mutex_);
  prints_ = prints;
}

bool KeptMessages::prints() const {
  const std::lock_guard lock(mutex_);
  return prints_;
}

void KeptMessages::add(LogLevel level, const std::string& text, bool is_printed) {
  const std::lock_guard lock(mutex_);
  if (schedule_ == nullptr) return;
  if (bytes_ + text.size() > kMostBytes) {
    ++dropped_;
  } else {
    bytes_ += text.size();
    messages_.push_back(make_message(level, text, is_printed));
  }
  if (takers_ > 0 || is_scheduled_) return;
  is_scheduled_ = schedule_(callback_, nullptr) == 0;
}

std::vector<KeptMessage> KeptMessages::take() {
  const std::lock_guard lock(mutex_);
  std::vector<KeptMessage> taken;
  taken.swap(messages_);
  bytes_ = 0;
  is_scheduled_ = false;
  if (dropped_ > 0) {
    taken.push_back(make_message(LogLevel::kWARNING,
                                 std::to_string(dropped_) + " messages are missing here: too many "
                                                            "waited for Python's log",
                                 /*is_printed=*/false));
    dropped_ = 0;
  }
  return taken;
}

KeptMessages& kept_messages() {
  // Never destroyed: other static objects may log while the process ends.
  static auto* const kept = new KeptMessages();
  return *kept;
}

}  // namespace torch_tensorrt::core::util::logging
