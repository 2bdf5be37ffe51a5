#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/network/types.h"
#include "torch_tensorrt/settings.h"

namespace torch_tensorrt::engine {

// A parameter or buffer of the module that a network was made from.
struct Parameter {
  std::string name;   // "layer1.0.conv1.weight"
  std::string dtype;  // "float32"
  std::vector<int64_t> dims;
};

// How to build an engine: the user's settings (settings.h), and additions of the front end and the tests. With an empty
// timing_cache_path, the environment's TORCHTRT_TIMING_CACHE names the file, or there is none. Builds with one cache
// choose the same tactics and give identical bytes.
struct BuildSettings : Settings {
  std::string name;  // of the engine
  DeviceTarget target;
  // Dtypes that the builder may compute in. The optimizer goes below the network's own dtypes only where allowed.
  std::set<network::DataType> enabled_precisions = {network::DataType::kFLOAT};
  network::EngineCapability capability = network::EngineCapability::kSTANDARD;
  // Tactics that may be used, by the part of their names before the dot ("onednn", "aten"). Empty: those of the
  // environment's TORCHTRT_TACTIC_SOURCES (comma separated), or all.
  std::vector<std::string> tactic_sources;
  // Folder for the network's text before and after every pass. Empty: build_engine takes NAME/BACKEND in the
  // environment's TORCHTRT_DUMP_DIRECTORY if that is set, else writes nothing.
  std::string dump_directory;

  // The network's origin, for making the same network again with other weights.
  std::string method = "forward";     // of the module: the method that the network computes
  std::vector<Parameter> parameters;  // of the module
};

// Throws Error for a number outside the range of its row.
void check_settings(const Settings& settings);

// One line for each setting, "NAME: VALUE".
std::string to_text(const Settings& settings);

// Fills in the settings from the environment and this machine. Throws Error on a tactic source without tactics, and on
// a device that this machine does not have.
BuildSettings resolve_settings(BuildSettings settings);

}  // namespace torch_tensorrt::engine
