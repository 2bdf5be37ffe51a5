#include "torch_tensorrt/core/engine/build_settings.h"

#include <cstdlib>
#include <set>
#include <sstream>

#include "torch_tensorrt/core/engine/device_access.h"
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
    TORCHTRT_THROW_ERROR("tactic source \"" << source << "\" is not known here; known are: " << list
                                            << " (settings or TORCHTRT_TACTIC_SOURCES)");
  }
}

}  // namespace

BuildSettings resolve_settings(BuildSettings settings) {
  if (const Decision there = device_available(settings.target); !there) {
    TORCHTRT_THROW_ERROR("cannot build for CUDA device " << settings.target.index << ": " << there.reason());
  }
  settings.target = describe_target(settings.target);
  if (settings.timing_cache_path.empty()) settings.timing_cache_path = environment("TORCHTRT_TIMING_CACHE");
  if (settings.tactic_sources.empty()) settings.tactic_sources = split_list(environment("TORCHTRT_TACTIC_SOURCES"));
  check_sources(settings.tactic_sources);
  if (settings.max_specialisations < 1) {
    TORCHTRT_THROW_ERROR("max_specialisations is " << settings.max_specialisations << ", must be at least 1");
  }
  if (settings.timing_iterations < 1) {
    TORCHTRT_THROW_ERROR("timing_iterations is " << settings.timing_iterations << ", must be at least 1");
  }
  return settings;
}

}  // namespace torch_tensorrt::engine
