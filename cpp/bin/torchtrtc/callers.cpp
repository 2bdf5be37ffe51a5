#include "callers.h"

#include <chrono>

namespace torchtrtc {

Callers::Callers(size_t count, const std::function<void(size_t)>& prepare) : busy_(count), seconds_(count) {
  for (size_t i = 0; i < count; ++i) threads_.emplace_back([this, i, prepare] { work(i, prepare); });
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return busy_ == 0; });
}

Callers::~Callers() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

std::vector<double> Callers::run(const std::function<void(size_t)>& call) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (failure_ != nullptr) std::rethrow_exception(failure_);
  call_ = &call;
  busy_ = threads_.size();
  ++round_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return busy_ == 0; });
  if (failure_ != nullptr) std::rethrow_exception(failure_);
  return seconds_;
}

void Callers::work(size_t place, const std::function<void(size_t)>& prepare) {
  using Clock = std::chrono::steady_clock;
  uint64_t seen = 0;
  const auto guarded = [&](const std::function<void(size_t)>& function) {
    std::exception_ptr failure;
    const auto start = Clock::now();
    try {
      function(place);
    } catch (...) {
      failure = std::current_exception();
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    const std::lock_guard<std::mutex> lock(mutex_);
    seconds_[place] = seconds;
    if (failure != nullptr) failure_ = failure;
    if (--busy_ == 0) changed_.notify_all();
  };
  guarded(prepare);
  while (true) {
    const std::function<void(size_t)>* call = nullptr;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [&] { return is_over_ || round_ != seen; });
      if (is_over_) return;
      seen = round_;
      call = call_;
    }
    guarded(*call);
  }
}

}  // namespace torchtrtc
