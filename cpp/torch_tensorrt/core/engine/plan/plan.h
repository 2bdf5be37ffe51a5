#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "torch_tensorrt/core/engine/build/build_settings.h"
#include "torch_tensorrt/core/engine/plan/engine_bytes.h"
#include "torch_tensorrt/core/engine/plan/weight_pool.h"
#include "torch_tensorrt/core/engine/plan/weight_store.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/network/network.h"
#include "torch_tensorrt/core/optimizer/pass.h"

namespace torch_tensorrt::engine {

// The builder's decision about one layer.
struct LayerChoice {
  std::string tactic;       // empty: no work to do (inputs, constants, views)
  std::string config;       // of its implementation (tactics/tactic.h)
  double microseconds = 0;  // measured or estimated when it was built
  std::string runner_up;    // the fastest of the others, with its config; empty if there is none, or none was timed
  double runner_up_microseconds = 0;
};

// A built engine as data: the optimized network, the tactic of each layer, and the packed weights.
//
// File: fixed header (magic "TRTCPLAN", format version, header size, producer, offsets and sizes of the sections, a
// checksum each), a FlatBuffers table, and the weights section (64-byte aligned, 64-bit offsets, may be mapped).
// Identical plans give identical bytes.
struct Plan {
  static constexpr uint32_t kFormatVersion = 4;
  static constexpr uint32_t kOldestFormatVersion = 2;  // oldest that is read

  std::string name;
  std::string producer;  // "torch_tensorrt 0.1.0"
  DeviceTarget target = DeviceTarget::cpu();
  std::string backend = "native";                        // the backend that built the plan and runs it
  std::string backend_version;                           // "TensorRT 10.6.0"; empty for ours
  std::shared_ptr<network::INetworkDefinition> network;  // weights' memory is the store's or the file's
  std::vector<LayerChoice> choices;                      // one for each layer of the network
  std::shared_ptr<WeightStore> weights;
  int64_t weight_bytes = 0;         // of the weights section
  int32_t max_specializations = 8;  // specializations that a pooled context keeps
  std::vector<std::string> notes;   // for inspect: reasons for reorders, choices of precision
  // The settings of the build, and signatures of the layers that it started from (refit.h). Empty in plans of older
  // libraries.
  std::optional<BuildSettings> settings;
  std::vector<uint64_t> signatures;
  uint64_t network_key = 0;  // of that network and its weights (build/calibration.h); 0 if it is not known
  // For inspect: the layers of each kind in that network, and the passes that changed it, without their times.
  std::map<std::string, int32_t> converted;
  std::vector<optimizer::PassReport> passes;
};

// Numbers the tensors of a network as a plan does: the outputs of all layers, in order.
class TensorNumbers {
 public:
  explicit TensorNumbers(const network::INetworkDefinition& network) {
    for (const auto& layer : network.layers()) {
      for (int32_t i = 0; i < layer->getNbOutputs(); ++i) {
        numbers_.emplace(layer->getOutput(i), static_cast<int32_t>(numbers_.size()));
      }
    }
  }
  // -1 for null.
  int32_t of(const network::ITensor* tensor) const { return tensor == nullptr ? -1 : numbers_.at(tensor); }
  int32_t count() const { return static_cast<int32_t>(numbers_.size()); }

 private:
  std::unordered_map<const network::ITensor*, int32_t> numbers_;
};

// The bytes made by a backend other than ours, kept in the weights section; empty if there are none. The view lives as
// long as the plan.
std::string_view payload_of(const Plan& plan);
void set_payload(Plan& plan, std::shared_ptr<const std::string> payload);

// Whether the bytes start like a plan; for telling kinds of files apart.
bool looks_like_plan(std::string_view bytes);
// Frees the plan's blocks while it writes them, so that the peak stays near one copy of the weights.
std::string serialize_plan(Plan&& plan);
// `bytes` stays alive as long as the plan (weights are used in place). Damaged or malicious bytes never crash this: it
// throws Error saying what the file is, what this library reads, and what to do.
Plan parse_plan(std::shared_ptr<const std::string> bytes);

struct LoadedPlan {
  Plan plan;
  std::shared_ptr<const EngineBytes> bytes;
};
// The same, but the plan needs the bytes no longer: its large blocks of weights are in the pool, where plans with equal
// blocks share them.
LoadedPlan load_plan(const std::string& bytes, WeightPool& pool = WeightPool::global());

}  // namespace torch_tensorrt::engine
