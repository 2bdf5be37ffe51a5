#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/run/context.h"

namespace torch_tensorrt::core::runtime {

using engine::LayerTime;

// Writes the times of an engine's layers to files. Thread-safe.
class EngineProfiler {
 public:
  bool is_enabled() const { return enabled_.load(std::memory_order_relaxed); }
  // Throws Error if the folder for traces does not exist or is not writable.
  void enable();
  void disable() { enabled_ = false; }
  // "perfetto" or "trex"; Error on another format.
  void set_format(const std::string& format);
  // The folder set by the user, else the folder for temporary files that the environment names.
  std::string path_prefix() const;
  void set_path_prefix(const std::string& prefix);
  // PREFIX/NAME_ENDING
  std::string file_path(const std::string& engine_name, const std::string& ending) const;
  // Writes the times of one run. Throws Error when the file cannot be written.
  void write(const std::string& engine_name, const std::vector<LayerTime>& layers) const;

 private:
  enum class Format { kPerfetto, kTrex };

  std::atomic<bool> enabled_{false};
  mutable std::mutex mutex_;
  Format format_ = Format::kPerfetto;
  std::optional<std::string> path_prefix_;
};

}  // namespace torch_tensorrt::core::runtime
