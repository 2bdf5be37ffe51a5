#pragma once

#include <string>

#include "torch_tensorrt/macros.h"

namespace torch_tensorrt {
/// Messages of the compiler and the runtime, on stderr. One logger for the whole process; every function is
/// thread-safe.
namespace logging {

/// Messages above the reportable level are dropped.
enum Level {
  kINTERNAL_ERROR,  ///< a fault of this library
  kERROR,           ///< a call failed
  kWARNING,         ///< the default: something is not as the user may think
  kINFO,            ///< what was built, and with what
  kDEBUG,           ///< decisions and times
  kGRAPH,           ///< every graph before and after lowering
};

/// @{
/// The text at the beginning of each message: "[Torch-TensorRT] - ".
TORCHTRT_API std::string get_logging_prefix();
TORCHTRT_API void set_logging_prefix(std::string prefix);
/// @}
/// @{
/// The highest level that is printed.
TORCHTRT_API void set_reportable_log_level(Level lvl);
TORCHTRT_API Level get_reportable_log_level();
/// @}
/// @{
/// Whether the levels have colors.
TORCHTRT_API void set_is_colored_output_on(bool colored_output_on);
TORCHTRT_API bool get_is_colored_output_on();
/// @}
/// Prints a message, if its level is not above the reportable level.
TORCHTRT_API void log(Level lvl, std::string msg);

}  // namespace logging
}  // namespace torch_tensorrt
