#include "torch_tensorrt/core/engine/build/build_settings.h"

#include <cstdlib>
#include <limits>
#include <set>
#include <sstream>
#include <type_traits>

#include "torch_tensorrt/core/engine/build/precision_overrides.h"
#include "torch_tensorrt/core/engine/cuda/device_access.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t");
  return first == std::string::npos ? std::string() : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> items;
  std::istringstream stream(text);
  for (std::string item; std::getline(stream, item, ',');) {
    if (item = trimmed(item); !item.empty()) items.push_back(item);
  }
  return items;
}

void check_sources(const std::vector<std::string>& sources) {
  std::set<std::string> known;
  for (const Tactic* tactic : TacticRegistry::global().all()) {
    const std::string name = tactic->name();
    known.insert(name.substr(0, name.find('.')));
  }
  std::string list;
  for (const std::string& source : known) list += (list.empty() ? "" : ", ") + source;
  for (const std::string& source : sources) {
    if (known.count(source) != 0) continue;
    TORCHTRT_THROW_ERROR("tactic source \"" << source << "\" is unknown; known are: " << list
                                            << ". Correct tactic_sources or TORCHTRT_TACTIC_SOURCES");
  }
}

// Whether a number lies in the range of its row. An unsigned number may exceed every number of the row's type.
template <typename T>
bool is_in_range(const SettingRow& row, T value) {
  if (row.may_be_open && value == static_cast<T>(-1)) return true;
  if constexpr (std::is_signed_v<T>) {
    return value >= row.low && value <= row.high;
  } else {
    return value >= static_cast<uint64_t>(row.low) && value <= static_cast<uint64_t>(row.high);
  }
}

std::string range_of(const SettingRow& row) {
  const bool has_end = row.high != std::numeric_limits<int64_t>::max();
  std::string text = str(row.low);
  text += has_end ? str(" to ", row.high) : std::string(" or more");
  return row.may_be_open ? text + ", or -1 to leave it open" : text;
}

}  // namespace

void check_settings(const Settings& settings) {
  visit_settings(settings, [](const SettingRow& row, const auto& value) {
    if constexpr (std::is_integral_v<std::decay_t<decltype(value)>>) {
      if (std::is_same_v<std::decay_t<decltype(value)>, bool> || is_in_range(row, value)) return;
      TORCHTRT_THROW_ERROR(row.name << " is " << value << ", must be " << range_of(row));
    }
  });
  PrecisionOverrides(settings.precision_overrides);
}

std::string to_text(const Settings& settings) {
  std::string text;
  visit_settings(settings, [&text](const SettingRow& row, const auto& value) {
    text += str(row.name, ": ");
    using T = std::decay_t<decltype(value)>;
    if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      for (const std::string& name : value) text += name + " ";
    } else if constexpr (std::is_same_v<T, bool>) {
      text += value ? "true" : "false";
    } else {
      text += str(value);
    }
    text += "\n";
  });
  return text;
}

BuildSettings resolve_settings(BuildSettings settings) {
  if (const Decision there = device_available(settings.device); !there) {
    TORCHTRT_THROW_ERROR("cannot build for CUDA device " << settings.device.gpu_id << ": " << there.reason());
  }
  settings.device = describe_target(settings.device);
  if (settings.timing_cache_path.empty()) settings.timing_cache_path = environment("TORCHTRT_TIMING_CACHE");
  if (settings.tactic_sources.empty()) settings.tactic_sources = split_list(environment("TORCHTRT_TACTIC_SOURCES"));
  check_sources(settings.tactic_sources);
  check_settings(settings);
  return settings;
}

}  // namespace torch_tensorrt::engine
