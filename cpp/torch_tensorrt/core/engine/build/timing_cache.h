#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/util/shared_file.h"

namespace torch_tensorrt::engine {

// Measured microseconds of (layer instance, tactic) pairs of one kind of machine, kept in a file between builds.
// The file is text, one sorted line an entry behind a header with version and target; a file of another version, of
// another target, or damaged, is ignored with a warning that says why. Written at once. Thread-safe.
class TimingCache {
 public:
  TimingCache() = default;
  // Empty path: memory only. A missing file is an empty cache. Throws Error for a file that is there and cannot be
  // read, before anything is timed and lost.
  static std::unique_ptr<TimingCache> open(const std::string& path, const DeviceTarget& target);

  std::optional<double> find(const std::string& key) const;
  void put(const std::string& key, double microseconds);
  // Merges with what another process wrote meanwhile, and writes as replace_shared_file does. The reason says why the
  // file could not be written; it is then as it was. Waits for other writers no longer than the patience lasts.
  Decision save(const core::util::Patience& patience = {}) const;

 private:
  std::string path_;
  std::string header_;
  mutable std::mutex mutex_;
  std::map<std::string, double> entries_;
};

// Key of an instance run by a tactic on the target: everything that the time depends on (kind, attributes without the
// weights' values, dtypes, dims, formats, tactic, library version, instruction set, threads), hashed.
std::string timing_key(const LayerInstance& instance, const Tactic& tactic, const DeviceTarget& target);

}  // namespace torch_tensorrt::engine
