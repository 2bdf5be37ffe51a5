#include "torch_tensorrt/core/compilation_log.h"

#include <fmt/format.h>

#include <utility>

#include "torch_tensorrt/core/hybrid_report.h"
#include "torch_tensorrt/core/module_report.h"
#include "torch_tensorrt/core/util/logging/kept_messages.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core {
namespace {

using util::logging::LogLevel;

constexpr auto kDelay = std::chrono::milliseconds(500);  // a faster build shows no progress

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

CompilationLog::CompilationLog(std::string name, engine::BuildSettings& settings) : name_(std::move(name)) {
  auto& logger = util::logging::get_logger();
  const size_t columns = util::terminal_columns();
  const bool is_shown = logger.is_reportable(LogLevel::kWARNING) && !logger.is_reportable(LogLevel::kINFO);
  const bool is_own = util::logging::kept_messages().prints();  // else Python writes to the terminal too
  if (columns == 0 || !is_shown || !is_own || settings.progress != nullptr) return;
  terminal_ = std::make_shared<util::TerminalProgress>(logger, name_, columns, kDelay);
  settings.progress = terminal_;
}

CompilationLog::~CompilationLog() {
  if (terminal_ != nullptr) terminal_->clear();  // settings may live longer
}

void CompilationLog::made(const torch::jit::Module& module) {
  std::string what;
  int64_t bytes = 0;
  for (const auto& method : InspectModule(module)) {
    what += str(what.empty() ? "" : "; ", text_of(method));
    for (const auto& engine : method.engines) bytes += engine.engine->engine().size();
  }
  say(what, bytes);
}

void CompilationLog::made(const std::string& engine) { say("one engine", static_cast<int64_t>(engine.size())); }

void CompilationLog::say(const std::string& what, int64_t bytes) {
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
  const std::string line =
      fmt::format("compiled {} in {:.1f} s: {}; engines of {}", name_, elapsed.count(), what, text_of(bytes));
  if (terminal_ == nullptr) {
    LOG_INFO(line);
    return;
  }
  terminal_->clear();
  util::logging::get_logger().print(line);
}

}  // namespace torch_tensorrt::core
