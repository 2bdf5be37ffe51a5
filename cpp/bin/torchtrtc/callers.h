#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace torchtrtc {

// Threads that make calls at one time. Each keeps its settings and its OpenMP threads from call to call.
class Callers {
 public:
  // `prepare` runs once in each thread, with its number.
  Callers(size_t count, const std::function<void(size_t)>& prepare);
  ~Callers();
  Callers(const Callers&) = delete;
  Callers& operator=(const Callers&) = delete;

  // Runs the function in all threads at one time, with the number of the thread. Returns the seconds of each. Rethrows
  // what one of them throws.
  std::vector<double> run(const std::function<void(size_t)>& call);

 private:
  void work(size_t place, const std::function<void(size_t)>& prepare);

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void(size_t)>* call_ = nullptr;
  uint64_t round_ = 0;
  size_t busy_ = 0;
  bool is_over_ = false;
  std::exception_ptr failure_;
  std::vector<double> seconds_;
  std::vector<std::thread> threads_;
};

}  // namespace torchtrtc
