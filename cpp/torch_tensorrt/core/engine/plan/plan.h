#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "torch_tensorrt/core/engine/build/build_settings.h"
#include "torch_tensorrt/core/engine/plan/weight_store.h"
#include "torch_tensorrt/core/engine/tactics/tactic.h"
#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::engine {

// What the builder decided about one layer.
struct LayerChoice {
  std::string tactic;       // empty: no work (inputs, constants, views)
  double microseconds = 0;  // measured or estimated when it was built
};

// A built engine as data: the optimised network, what runs each layer, and the packed weights.
//
// File: fixed header (magic "TRTCPLAN", format version, header size, producer, offsets and sizes of the sections, a
// checksum each), a FlatBuffers table, and the weights section (64-byte aligned, 64-bit offsets, may be mapped).
// Identical plans give identical bytes.
struct Plan {
  static constexpr uint32_t kFormatVersion = 3;
  static constexpr uint32_t kOldestFormatVersion = 2;  // that is read: its numbers are floats

  std::string name;
  std::string producer;  // "torch_tensorrt 0.1.0"
  DeviceTarget target;
  std::string backend = "native";                        // that built it and runs it
  std::string backend_version;                           // "TensorRT 10.6.0"; empty for ours
  std::shared_ptr<network::INetworkDefinition> network;  // weights' memory is the store's or the file's
  std::vector<LayerChoice> choices;                      // one a layer of the network
  std::shared_ptr<WeightStore> weights;
  int64_t weight_bytes = 0;         // of the weights section
  int32_t max_specialisations = 8;  // that a pooled context keeps
  std::vector<std::string> notes;   // reasons for reorders, choices of precision: for inspect
  // That it was built with, and the layers that it was built from (build_record.h); plans of older libraries do not
  // say.
  std::optional<BuildSettings> settings;
  std::vector<uint64_t> signatures;
};

// The bytes that a backend other than ours has made, kept in the weights section. Empty where there are none; they live
// as long as the plan.
std::string_view payload_of(const Plan& plan);
void set_payload(Plan& plan, std::shared_ptr<const std::string> payload);

// Whether bytes start like a plan; for telling file kinds apart.
bool looks_like_plan(std::string_view bytes);
// Frees the plan's blocks while it writes them, so that the peak stays near one copy of the weights.
std::string serialize_plan(Plan&& plan);
// `bytes` stays alive as long as the plan (weights are used in place). Bytes that anyone may have touched never crash
// this: it throws Error saying what the file is, what this library reads, and what to do.
Plan parse_plan(std::shared_ptr<const std::string> bytes);

}  // namespace torch_tensorrt::engine
