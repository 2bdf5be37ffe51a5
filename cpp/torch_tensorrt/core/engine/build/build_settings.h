#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/network/types.h"
#include "torch_tensorrt/settings.h"

namespace torch_tensorrt::engine {

// A parameter or buffer of the module that a network was made of.
struct Parameter {
  std::string name;   // "layer1.0.conv1.weight"
  std::string dtype;  // "float32"
  std::vector<int64_t> dims;
};

// How an engine is built: the user's settings (settings.h), and what the front end and the tests add. An empty
// timing_cache_path: the environment's TORCHTRT_TIMING_CACHE, or no file. Builds with one cache choose alike and give
// identical bytes.
struct BuildSettings : Settings {
  std::string name;  // of the engine
  DeviceTarget target;
  // Dtypes that the builder may compute in. The optimizer never goes below the network's own without being allowed.
  std::set<network::DataType> enabled_precisions = {network::DataType::kFLOAT};
  network::EngineCapability capability = network::EngineCapability::kSTANDARD;
  // Which tactics may be used, by the part of their names before the dot ("onednn", "aten"). Empty: the environment's
  // TORCHTRT_TACTIC_SOURCES (comma separated), or all.
  std::vector<std::string> tactic_sources;
  // Network text before and after every pass; empty: build_engine takes NAME/BACKEND in the environment's
  // TORCHTRT_DUMP_DIRECTORY, or there is none.
  std::string dump_directory;

  // The network's origin, for making the same network again with other weights.
  std::string method = "forward";     // of the module: what the network computes
  std::vector<Parameter> parameters;  // of the module
};

// Throws Error for a number that is out of the range of its row.
void check_settings(const Settings& settings);

// One setting a line, "NAME: VALUE".
std::string to_text(const Settings& settings);

// The settings with the environment's values and this machine's filled in. Throws Error on a tactic source that no
// tactic has, and on a device that is not there.
BuildSettings resolve_settings(BuildSettings settings);

}  // namespace torch_tensorrt::engine
