#include "torch_tensorrt/core/engine/timing_cache.h"

#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "torch_tensorrt/core/engine/producer.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

constexpr const char* kMagic = "torch_tensorrt timing cache 1";
// Far more than any file of ours has in a line.
constexpr size_t kMaxLine = 4096;

std::string header_of(const DeviceTarget& target) {
  const char* kind = target.kind == DeviceTarget::Kind::kCPU ? "cpu" : "cuda";
  return str(kMagic, "; ", kind, " ", target.isa, "; ", target.threads, " threads; ", producer_text());
}

std::string format_microseconds(double microseconds) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.3f", microseconds);
  return text;
}

// "MICROSECONDS KEY". False when it is none.
bool parse_entry(const std::string& line, std::string* key, double* microseconds) {
  const size_t space = line.find(' ');
  if (line.size() > kMaxLine || space == std::string::npos || space + 1 == line.size()) return false;
  std::istringstream number(line.substr(0, space));
  number.imbue(std::locale::classic());
  if (!(number >> *microseconds) || !number.eof() || !std::isfinite(*microseconds) || *microseconds < 0) return false;
  *key = line.substr(space + 1);
  return true;
}

enum class OnDamage { kWarn, kIgnore };

// Nothing when the file is not one of this library for this target.
std::map<std::string, double> read_entries(const std::string& path, const std::string& header, OnDamage on_damage) {
  std::map<std::string, double> entries;
  const auto ignored = [&](const std::string& why) {
    if (on_damage == OnDamage::kWarn) {
      LOG_WARNING("timing cache " << path << " is ignored: " << why << "; it will be replaced");
    }
    return std::map<std::string, double>();
  };
  std::ifstream file(path, std::ios::binary);
  if (!file) return entries;
  std::string line;
  if (!std::getline(file, line) || line != header) {
    return ignored(str("it starts with \"", line.substr(0, 200), "\", expected \"", header, "\""));
  }
  std::string key;
  double microseconds = 0;
  for (int64_t number = 2; std::getline(file, line); ++number) {
    if (parse_entry(line, &key, &microseconds) && !file.eof()) {
      entries[key] = microseconds;
      continue;
    }
    return ignored(str("line ", number, " is damaged"));
  }
  return entries;
}

[[noreturn]] void throw_unwritable(const std::string& path) {
  TORCHTRT_THROW_ERROR("cannot write timing cache " << path << ": " << std::strerror(errno)
                                                    << ". Set TORCHTRT_TIMING_CACHE to a file in a writable directory");
}

// Readers see the old file or the new one, never a part.
void replace_file(const std::string& path, const std::string& text) {
  std::string temporary = path + ".XXXXXX";
  const int file = mkstemp(temporary.data());
  if (file < 0) throw_unwritable(path);
  size_t written = 0;
  bool ok = true;
  while (ok && written < text.size()) {
    const ssize_t count = write(file, text.data() + written, text.size() - written);
    ok = count > 0;
    written += ok ? static_cast<size_t>(count) : 0;
  }
  ok = close(file) == 0 && ok;
  if (ok && std::rename(temporary.c_str(), path.c_str()) == 0) return;
  const int error = errno;
  unlink(temporary.c_str());
  errno = error;
  throw_unwritable(path);
}

}  // namespace

std::unique_ptr<TimingCache> TimingCache::open(const std::string& path, const DeviceTarget& target) {
  auto cache = std::make_unique<TimingCache>();
  cache->path_ = path;
  cache->header_ = header_of(target);
  if (!path.empty()) cache->entries_ = read_entries(path, cache->header_, OnDamage::kWarn);
  return cache;
}

std::optional<double> TimingCache::find(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  return found == entries_.end() ? std::nullopt : std::optional<double>(found->second);
}

void TimingCache::put(const std::string& key, double microseconds) {
  const std::lock_guard lock(mutex_);
  entries_[key] = microseconds;
}

void TimingCache::save() const {
  if (path_.empty()) return;
  const std::lock_guard lock(mutex_);
  auto merged = read_entries(path_, header_, OnDamage::kIgnore);
  for (const auto& [key, microseconds] : entries_) merged[key] = microseconds;
  std::string text = header_ + "\n";
  for (const auto& [key, microseconds] : merged) text += format_microseconds(microseconds) + " " + key + "\n";
  replace_file(path_, text);
}

}  // namespace torch_tensorrt::engine
