#include "torch_tensorrt/core/engine/build/timing_cache.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <charconv>
#include <cmath>
#include <sstream>
#include <string_view>

#include "torch_tensorrt/core/engine/plan/plan_header.h"
#include "torch_tensorrt/core/network/attributes.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

constexpr std::string_view kMagic = "torch_tensorrt timing cache 1";
// Every version of the format begins with this.
constexpr std::string_view kMagicOfAll = "torch_tensorrt timing cache";
// Far longer than any line of a timing cache.
constexpr size_t kMaxLine = 4096;

// Numbers here and below do not depend on the program's locale.
std::string header_of(const DeviceTarget& target) {
  const char* kind = target.is_cpu() ? "cpu" : "cuda";
  return fmt::format("{}; {} {}; {} threads; {}", kMagic, kind, target.isa, target.threads, producer_text());
}

// Parses "MICROSECONDS KEY". False if the line is something else.
bool parse_entry(const std::string& line, std::string* key, double* microseconds) {
  const size_t space = line.find(' ');
  if (line.size() > kMaxLine || space == std::string::npos || space + 1 == line.size()) return false;
  const char* end = line.data() + space;
  const auto [stop, error] = std::from_chars(line.data(), end, *microseconds);
  if (error != std::errc() || stop != end || !std::isfinite(*microseconds) || *microseconds < 0) return false;
  *key = line.substr(space + 1);
  return true;
}

enum class OnDamage { kWarn, kIgnore };

// Empty if the file is missing, or is a timing cache of another version or target, which will be replaced. Throws Error
// if the file is something else: saving would destroy it.
std::map<std::string, double> read_entries(const std::string& path, const std::string& header, OnDamage on_damage) {
  std::map<std::string, double> entries;
  const auto ignored = [&](const std::string& why) {
    if (on_damage == OnDamage::kWarn) {
      LOG_WARNING("timing cache " << path << " is ignored: " << why << "; it will be replaced");
    }
    return std::map<std::string, double>();
  };
  const auto content = core::util::read_shared_file(path);
  if (!content || content->empty()) return entries;
  if (content->compare(0, kMagicOfAll.size(), kMagicOfAll) != 0) {
    TORCHTRT_THROW_ERROR(path << " is not a timing cache and would be overwritten; name another file, or remove it");
  }
  std::istringstream file(*content);
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

std::string text_of(const std::string& header, const std::map<std::string, double>& entries) {
  std::string text = header + "\n";
  for (const auto& [key, microseconds] : entries) text += fmt::format("{:.3f} {}\n", microseconds, key);
  return text;
}

}  // namespace

std::unique_ptr<TimingCache> TimingCache::open(const std::string& path, const DeviceTarget& target) {
  auto cache = std::make_unique<TimingCache>();
  cache->path_ = path;
  cache->header_ = header_of(target);
  if (path.empty()) return cache;
  try {
    cache->entries_ = read_entries(path, cache->header_, OnDamage::kWarn);
  } catch (Error& error) {
    error.AppendMessage("It is the timing cache that timing_cache_path or TORCHTRT_TIMING_CACHE names");
    throw;
  }
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

Decision TimingCache::save(const core::util::Patience& patience) const {
  if (path_.empty()) return Decision::yes();
  const std::lock_guard lock(mutex_);
  try {
    const core::util::SharedFileTurn turn(path_, patience);
    if (!turn.granted()) return turn.granted();
    auto merged = read_entries(path_, header_, OnDamage::kIgnore);
    for (const auto& [key, microseconds] : entries_) merged[key] = microseconds;
    return core::util::replace_shared_file(path_, text_of(header_, merged));
  } catch (const Error& error) {
    return Decision::no(error.msg());
  }
}

namespace {

std::string desc_text(const TensorDesc& desc) {
  return network::enum_name(desc.dtype) + network::to_string(desc.dims) + network::enum_name(desc.format);
}

std::string input_text(const LayerInstance& instance, size_t i) {
  if (!instance.present[i]) return "none;";
  std::string text = desc_text(instance.inputs[i]);
  if (instance.constants[i] != nullptr) text += "const";
  if (instance.values[i]) {
    for (const int64_t element : instance.values[i]->elements) text += fmt::format(",{}", element);
  }
  return text + ";";
}

}  // namespace

std::string timing_key(const LayerInstance& instance, const Candidate& candidate, const DeviceTarget& target,
                       bool cold) {
  const std::string name = candidate_text(candidate.tactic->name(), candidate.implementation.config);
  std::string text =
      fmt::format("{}|{}|{}|{}|{}|{:x}|", producer_text(), target.is_cpu() ? 0 : 1, target.isa, target.threads, name,
                  network::hash_layer(*instance.layer, /*with_weight_values=*/false));
  for (size_t i = 0; i < instance.inputs.size(); ++i) text += input_text(instance, i);
  text += "|";
  for (const TensorDesc& output : instance.outputs) text += desc_text(output) + ";";
  if (cold) text += "|cold";
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return fmt::format("{} {:016x}{:016x}", name, hash.high64, hash.low64);
}

}  // namespace torch_tensorrt::engine
