#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/util/shared_file.h"

namespace torch_tensorrt::engine {

// Measured microseconds of pairs (layer instance, implementation) on one kind of machine, kept in a file between
// builds. The file is text: a header with version and target, then one sorted line for each entry. A file that is
// damaged or of another version or target is ignored with a warning that says why. Saving replaces the file at once.
// Thread-safe.
class TimingCache {
 public:
  TimingCache() = default;
  // Empty path: memory only. A missing file is an empty cache. Throws Error for an existing file that cannot be read,
  // before any time is measured in vain.
  static std::unique_ptr<TimingCache> open(const std::string& path, const DeviceTarget& target);

  std::optional<double> find(const std::string& key) const;
  void put(const std::string& key, double microseconds);
  // Merges with the times written by other processes since, and writes as replace_shared_file does. The reason says why
  // the file could not be written; the file is then unchanged. Waits for other writers as long as the patience allows.
  Decision save(const core::util::Patience& patience = {}) const;

 private:
  std::string path_;
  std::string header_;
  mutable std::mutex mutex_;
  std::map<std::string, double> entries_;
};

// Key of an instance run by a candidate on the target: a hash of everything that the time depends on (kind, attributes
// without the weights' values, dtypes, dims, formats, tactic and config, library version, instruction set, threads,
// whether runs start without the weights in the caches).
std::string timing_key(const LayerInstance& instance, const Candidate& candidate, const DeviceTarget& target,
                       bool cold = false);

}  // namespace torch_tensorrt::engine
