#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/plan.h"
#include "torch_tensorrt/core/engine/tactic.h"
#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/optimizer/pass.h"

namespace torch_tensorrt::engine {

struct BuildSettings {
  std::string name;
  DeviceTarget target;
  // Dtypes that the builder may compute in. The optimizer never goes below the network's own without being allowed.
  std::set<network::DataType> enabled_precisions = {network::DataType::kFLOAT};
  int32_t timing_iterations = 1;  // of each candidate, averaged; more is steadier
  // File of measured times that is read before and written after a build: builds with one cache choose alike and give
  // identical bytes. Empty: the environment's TORCHTRT_TIMING_CACHE, or no file.
  std::string timing_cache_path;
  // Which tactics may be used, by the part of their names before the dot ("onednn", "aten"). Empty: the environment's
  // TORCHTRT_TACTIC_SOURCES (comma separated), or all.
  std::vector<std::string> tactic_sources;
  std::string dump_directory;  // network text before and after every pass; empty: none
  bool debug = false;
};

struct BuiltLayer {
  std::string name;
  std::string kind;   // "convolution"
  std::string fused;  // "bias, add, relu"
  std::string tactic;
  std::string format;  // of output 0: "hwc"
  std::string precision;
  std::string source;
  double microseconds = 0;
};
struct BuildReport {
  std::vector<optimizer::PassReport> passes;
  std::vector<BuiltLayer> layers;
  std::vector<std::string> notes;
  int64_t arena_bytes = 0;
  int64_t arena_lower_bound_bytes = 0;
  int64_t weight_bytes = 0;
  double seconds = 0;
  int32_t timed = 0;       // candidates that were timed
  int32_t from_cache = 0;  // candidates whose time came from the cache
};

// Network in, plan bytes out: optimises, asks the tactics, times the candidates at the opt shapes, picks, packs
// weights.
class Builder {
 public:
  explicit Builder(BuildSettings settings) : settings_(std::move(settings)) {}
  // Takes the network apart. Throws Error naming the layer that nothing runs, with every tactic's reason.
  std::string build(std::shared_ptr<network::INetworkDefinition> network, BuildReport* report = nullptr) const;

 private:
  BuildSettings settings_;
};

}  // namespace torch_tensorrt::engine
