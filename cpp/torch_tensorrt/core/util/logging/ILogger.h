#pragma once

#include <cstdint>

namespace torch_tensorrt::core::util::logging {

// nvinfer1::ILogger: messages with TensorRT's severities.
class ILogger {
 public:
  enum class Severity : int32_t { kINTERNAL_ERROR = 0, kERROR, kWARNING, kINFO, kVERBOSE };
  virtual ~ILogger() = default;
  virtual void log(Severity severity, const char* message) noexcept = 0;
};

}  // namespace torch_tensorrt::core::util::logging
