#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/build_settings.h"
#include "torch_tensorrt/core/util/progress.h"

namespace torch_tensorrt::core {

// Says what a compilation does. On a terminal: its progress, while it lasts, and at the end a line about what it made.
// Elsewhere only that line, at the level INFO. Levels above WARNING silence both; with INFO, messages take the place of
// the progress.
class CompilationLog {
 public:
  // Watches a build with the settings, unless another object watches it already. `name`: the user's module.
  CompilationLog(std::string name, engine::BuildSettings& settings);
  ~CompilationLog();
  CompilationLog(const CompilationLog&) = delete;
  CompilationLog& operator=(const CompilationLog&) = delete;

  void made(const torch::jit::Module& module);
  void made(const std::string& engine);  // the bytes of one engine for the whole method

 private:
  void say(const std::string& what, int64_t bytes);

  std::string name_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::shared_ptr<util::TerminalProgress> terminal_;  // or null
};

}  // namespace torch_tensorrt::core
