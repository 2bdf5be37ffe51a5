#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/build/build_settings.h"
#include "torch_tensorrt/core/engine/plan/plan.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/optimizer/pass.h"

namespace torch_tensorrt::engine {

struct BuiltLayer {
  std::string name;
  std::string kind;   // "convolution"
  std::string fused;  // "bias, add, relu"
  std::string tactic;
  std::string config;  // of the tactic's implementation: "jit:avx2"; empty if the tactic has one way only
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

// Builds plan bytes from a network: optimizes, asks the tactics, times the candidates at the opt shapes, picks the
// fastest, packs weights.
class Builder {
 public:
  explicit Builder(BuildSettings settings) : settings_(std::move(settings)) {}
  // Takes the network apart. Throws Error naming the layer that no tactic runs, with every tactic's reason.
  std::string build(std::shared_ptr<network::INetworkDefinition> network, BuildReport* report = nullptr) const;
  // The same with the tactics of a plan of ours, built from a network that differs in its weights only: nothing is
  // timed. If the tactics cannot be taken over, builds anew; the log says why.
  std::string build_like(const Plan& plan, std::shared_ptr<network::INetworkDefinition> network,
                         BuildReport* report = nullptr) const;

 private:
  std::string make(std::shared_ptr<network::INetworkDefinition> network, const Plan* like, BuildReport* report) const;

  BuildSettings settings_;
};

// Writes the text of a network, as one pass after the other changes it, into numbered files of a directory.
class NetworkDump {
 public:
  // With an empty directory nothing is written. Throws Error when the directory cannot be made.
  explicit NetworkDump(std::string directory);
  bool enabled() const { return !directory_.empty(); }
  void write(const std::string& pass, const std::string& text);

 private:
  std::string directory_;
  int32_t count_ = 0;
};

// Text for people, without the elements of long weights.
std::string dump_text(const network::INetworkDefinition& network);

}  // namespace torch_tensorrt::engine
