#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/util/progress.h"

namespace torch_tensorrt::core {

// Says what a compilation does. On a terminal: its progress, while it lasts, and at the end a line about what it made.
// Elsewhere, or as a part of another call, only that line, at the level INFO. Levels above WARNING silence both; with
// INFO, messages take the place of the progress.
class CompilationLog {
 public:
  // `name`: the user's module.
  explicit CompilationLog(std::string name);
  CompilationLog(const CompilationLog&) = delete;
  CompilationLog& operator=(const CompilationLog&) = delete;

  // Runs the compilation and says what it made: a module, or the bytes of one engine for the whole method.
  template <typename F>
  auto run(F&& compile) -> decltype(compile()) {
    return util::watched(watch_, [&] {
      auto made = compile();
      say(made);
      return made;
    });
  }

 private:
  void say(const torch::jit::Module& module);
  void say(const std::string& engine);
  void say(const std::string& what, int64_t bytes);

  std::string name_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  util::Watch watch_;
};

}  // namespace torch_tensorrt::core
