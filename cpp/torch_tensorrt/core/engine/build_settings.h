#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/tactic.h"
#include "torch_tensorrt/core/network/types.h"

namespace torch_tensorrt::engine {

// A parameter or buffer of the module that a network was made of.
struct Parameter {
  std::string name;   // "layer1.0.conv1.weight"
  std::string dtype;  // "float32"
  std::vector<int64_t> dims;
};

struct BuildSettings {
  std::string name;
  // Who builds the engine: a backend's name, "auto" (the available one that is preferred and takes every layer), or
  // "fastest" (all that can, timed on the target).
  std::string backend = "auto";
  DeviceTarget target;
  // Dtypes that the builder may compute in. The optimizer never goes below the network's own without being allowed.
  std::set<network::DataType> enabled_precisions = {network::DataType::kFLOAT};
  int32_t timing_iterations = 1;  // of each candidate, averaged; more is steadier
  // File of measured times that is read before and written after a build: builds with one cache choose alike and give
  // identical bytes. One that is there and cannot be read is an Error before the build; one that cannot be written is a
  // warning after it. Empty: the environment's TORCHTRT_TIMING_CACHE, or no file.
  std::string timing_cache_path;
  // Which tactics may be used, by the part of their names before the dot ("onednn", "aten"). Empty: the environment's
  // TORCHTRT_TACTIC_SOURCES (comma separated), or all.
  std::vector<std::string> tactic_sources;
  // Combinations of input shapes that a context of the engine stays prepared for.
  int32_t max_specialisations = 8;
  // Network text before and after every pass; empty: build_engine takes NAME/BACKEND in the environment's
  // TORCHTRT_DUMP_DIRECTORY, or there is none.
  std::string dump_directory;
  bool debug = false;         // keep what tells layers apart (names, attributes) in the engine
  bool disable_tf32 = false;  // products of f32 in full precision on a GPU; our own engine obeys it when it runs

  // What follows is for backends that take whole networks; our own engine has no use for it.
  bool refit = false;               // weights can be replaced in the built engine
  bool sparse_weights = false;      // kernels that use 2:4 sparsity may be taken
  int64_t workspace_bytes = 0;      // that a layer may use while it runs; 0: as much as the device has
  bool allow_gpu_fallback = false;  // layers that the DLA core does not take run on the GPU
  network::EngineCapability capability = network::EngineCapability::kSTANDARD;
  // Memory of a DLA core; 0: the backend's default.
  int64_t dla_sram_bytes = 0;
  int64_t dla_local_dram_bytes = 0;
  int64_t dla_global_dram_bytes = 0;
  int32_t optimization_level = -1;   // 0 (quick build) to 5 (fast engine); -1: the backend's default
  bool version_compatible = false;   // the engine loads with later versions of the backend's library too
  bool hardware_compatible = false;  // the engine loads on later generations of the device too
  // Each layer computes in the dtypes of its tensors, whatever enabled_precisions allows.
  bool strongly_typed = false;

  // What the front end says of the network's origin, for making the same network again with other weights.
  std::string method = "forward";         // of the module: what the network computes
  std::vector<Parameter> parameters;      // of the module
  bool truncate_long_and_double = false;  // its weights of 64 bits were narrowed
};

// The settings with the environment's values and this machine's filled in. Throws Error on a tactic source that no
// tactic has, and on a device that is not there.
BuildSettings resolve_settings(BuildSettings settings);

}  // namespace torch_tensorrt::engine
