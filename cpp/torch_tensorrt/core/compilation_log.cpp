#include "torch_tensorrt/core/compilation_log.h"

#include <fmt/format.h>

#include <utility>

#include "torch_tensorrt/core/hybrid_report.h"
#include "torch_tensorrt/core/module_report.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core {
namespace {

// "forward is one engine", or "2 engines run 12 operations of forward, PyTorch runs 5".
std::string text_of(const ModuleReport& method) {
  if (method.hybrid.segments.empty() && !method.engines.empty()) return method.hybrid.method + " is one engine";
  size_t left = 0;
  for (const auto& row : method.hybrid.rows) left += row.uses;
  return headline(method.hybrid) + (left == 0 ? ", PyTorch runs none" : str(", PyTorch runs ", left));
}

std::string text_of(int64_t bytes) {
  const auto count = static_cast<double>(bytes);
  return bytes < 1000000 ? fmt::format("{:.1f} kB", count / 1e3) : fmt::format("{:.1f} MB", count / 1e6);
}

}  // namespace

CompilationLog::CompilationLog(std::string name) : name_(std::move(name)), watch_("compiling " + name_) {}

void CompilationLog::say(const torch::jit::Module& module) {
  std::string what;
  int64_t bytes = 0;
  for (const auto& method : InspectModule(module)) {
    what += str(what.empty() ? "" : "; ", text_of(method));
    for (const auto& engine : method.engines) bytes += engine.engine->engine().size();
  }
  say(what, bytes);
}

void CompilationLog::say(const std::string& engine) { say("one engine", static_cast<int64_t>(engine.size())); }

void CompilationLog::say(const std::string& what, int64_t bytes) {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  const std::string line =
      fmt::format("compiled {} in {:.1f} s: {}; engines of {}", name_, elapsed.count(), what, text_of(bytes));
  if (!watch_.end_with(line)) LOG_INFO(line);
}

}  // namespace torch_tensorrt::core
