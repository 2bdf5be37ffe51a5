#pragma once

#include <sstream>

#include "torch_tensorrt/core/util/Exception.h"
#include "torch_tensorrt/core/util/logging/TorchTRTLogger.h"

// Logging. One argument logs to the global logger, two to the logger given first.
// The message is any chain of `<<`: LOG_INFO("built " << n << " layers").
#define GET_MACRO(_1, _2, NAME, ...) NAME

#define TORCHTRT_LOG(logger, level, msg)                   \
  do {                                                     \
    auto& torchtrt_logger_ = (logger);                     \
    if (torchtrt_logger_.is_reportable(level)) {           \
      std::ostringstream torchtrt_stream_;                 \
      torchtrt_stream_ << msg;                             \
      torchtrt_logger_.log(level, torchtrt_stream_.str()); \
    }                                                      \
  } while (0)

#define TORCHTRT_LEVEL_(name) torch_tensorrt::core::util::logging::LogLevel::name
#define TORCHTRT_GLOBAL_(level, msg) TORCHTRT_LOG(torch_tensorrt::core::util::logging::get_logger(), level, msg)

#define LOG_GRAPH_GLOBAL(s) TORCHTRT_GLOBAL_(TORCHTRT_LEVEL_(kGRAPH), s)
#define LOG_DEBUG_GLOBAL(s) TORCHTRT_GLOBAL_(TORCHTRT_LEVEL_(kDEBUG), s)
#define LOG_INFO_GLOBAL(s) TORCHTRT_GLOBAL_(TORCHTRT_LEVEL_(kINFO), s)
#define LOG_WARNING_GLOBAL(s) TORCHTRT_GLOBAL_(TORCHTRT_LEVEL_(kWARNING), s)
#define LOG_ERROR_GLOBAL(s) TORCHTRT_GLOBAL_(TORCHTRT_LEVEL_(kERROR), s)
#define LOG_INTERNAL_ERROR_GLOBAL(s) TORCHTRT_GLOBAL_(TORCHTRT_LEVEL_(kINTERNAL_ERROR), s)

#define LOG_GRAPH_OWN(l, s) TORCHTRT_LOG(l, TORCHTRT_LEVEL_(kGRAPH), s)
#define LOG_DEBUG_OWN(l, s) TORCHTRT_LOG(l, TORCHTRT_LEVEL_(kDEBUG), s)
#define LOG_INFO_OWN(l, s) TORCHTRT_LOG(l, TORCHTRT_LEVEL_(kINFO), s)
#define LOG_WARNING_OWN(l, s) TORCHTRT_LOG(l, TORCHTRT_LEVEL_(kWARNING), s)
#define LOG_ERROR_OWN(l, s) TORCHTRT_LOG(l, TORCHTRT_LEVEL_(kERROR), s)
#define LOG_INTERNAL_ERROR_OWN(l, s) TORCHTRT_LOG(l, TORCHTRT_LEVEL_(kINTERNAL_ERROR), s)

#define LOG_GRAPH(...) GET_MACRO(__VA_ARGS__, LOG_GRAPH_OWN, LOG_GRAPH_GLOBAL, _)(__VA_ARGS__)
#define LOG_DEBUG(...) GET_MACRO(__VA_ARGS__, LOG_DEBUG_OWN, LOG_DEBUG_GLOBAL, _)(__VA_ARGS__)
#define LOG_INFO(...) GET_MACRO(__VA_ARGS__, LOG_INFO_OWN, LOG_INFO_GLOBAL, _)(__VA_ARGS__)
#define LOG_WARNING(...) GET_MACRO(__VA_ARGS__, LOG_WARNING_OWN, LOG_WARNING_GLOBAL, _)(__VA_ARGS__)
#define LOG_ERROR(...) GET_MACRO(__VA_ARGS__, LOG_ERROR_OWN, LOG_ERROR_GLOBAL, _)(__VA_ARGS__)
#define LOG_INTERNAL_ERROR(...) \
  GET_MACRO(__VA_ARGS__, LOG_INTERNAL_ERROR_OWN, LOG_INTERNAL_ERROR_GLOBAL, _)(__VA_ARGS__)

// Throws torch_tensorrt::Error; the message is any chain of `<<`.
#define TORCHTRT_THROW_ERROR(msg)                                                                             \
  do {                                                                                                        \
    std::ostringstream torchtrt_stream_;                                                                      \
    torchtrt_stream_ << msg;                                                                                  \
    ::torch_tensorrt::detail::throw_error(__FILE__, static_cast<uint32_t>(__LINE__), torchtrt_stream_.str()); \
  } while (0)

// For conditions that only a bug can break.
#define TORCHTRT_ASSERT(cond, ...)                                                         \
  do {                                                                                     \
    if (!(cond)) {                                                                         \
      TORCHTRT_THROW_ERROR("internal error, expected " #cond " to be true. " __VA_ARGS__); \
    }                                                                                      \
  } while (0)

// For conditions that a user's input can break. Throws torch_tensorrt::Error with the message.
#define TORCHTRT_CHECK(cond, ...)        \
  do {                                   \
    if (!(cond)) {                       \
      TORCHTRT_THROW_ERROR(__VA_ARGS__); \
    }                                    \
  } while (0)

#if defined(__GNUC__) || defined(__clang__)
#define TORCHTRT_UNUSED __attribute__((unused))
#else
#define TORCHTRT_UNUSED
#endif

#define DLA_SRAM_SIZE 1048576
#define DLA_LOCAL_DRAM_SIZE 1073741824
#define DLA_GLOBAL_DRAM_SIZE 536870912
