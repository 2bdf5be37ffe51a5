#include "torch_tensorrt/logging.h"

#include "torch_tensorrt/core/util/logging/TorchTRTLogger.h"

namespace torch_tensorrt::logging {
namespace {

namespace core_logging = core::util::logging;

static_assert(static_cast<int>(core_logging::LogLevel::kGRAPH) == kGRAPH, "both enums count alike");

}  // namespace

std::string get_logging_prefix() { return core_logging::get_logger().get_logging_prefix(); }

void set_logging_prefix(std::string prefix) { core_logging::get_logger().set_logging_prefix(std::move(prefix)); }

void set_reportable_log_level(Level lvl) {
  core_logging::get_logger().set_reportable_log_level(static_cast<core_logging::LogLevel>(lvl));
}

Level get_reportable_log_level() { return static_cast<Level>(core_logging::get_logger().get_reportable_log_level()); }

void set_is_colored_output_on(bool colored_output_on) {
  core_logging::get_logger().set_is_colored_output_on(colored_output_on);
}

bool get_is_colored_output_on() { return core_logging::get_logger().get_is_colored_output_on(); }

void log(Level lvl, std::string msg) { core_logging::get_logger().log(static_cast<core_logging::LogLevel>(lvl), msg); }

}  // namespace torch_tensorrt::logging
