#pragma once

#include <string>

#include "torch_tensorrt/macros.h"

// Messages of the compiler and the runtime, on stderr. One logger for the whole process; every function is thread-safe.
namespace torch_tensorrt {
namespace logging {

// Messages above the reportable level are dropped. kGRAPH also prints every graph before and after lowering.
enum Level {
  kINTERNAL_ERROR,
  kERROR,
  kWARNING,  // the default
  kINFO,
  kDEBUG,
  kGRAPH,
};

TORCHTRT_API std::string get_logging_prefix();
TORCHTRT_API void set_logging_prefix(std::string prefix);
TORCHTRT_API void set_reportable_log_level(Level lvl);
TORCHTRT_API Level get_reportable_log_level();
TORCHTRT_API void set_is_colored_output_on(bool colored_output_on);
TORCHTRT_API bool get_is_colored_output_on();
TORCHTRT_API void log(Level lvl, std::string msg);

}  // namespace logging
}  // namespace torch_tensorrt
