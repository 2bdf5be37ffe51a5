#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::optimizer {

// What becomes of quantized constants.
enum class QuantizedConstants {
  kFold,        // they become floats
  kStoreBytes,  // quantize layers become integers; dequantize layers stay, for layers that compute with integers
  kStay         // both layers stay
};

// The passes' knowledge of the target. The caller fills it in, so that the optimizer depends on no engine.
struct PassContext {
  // The layout in which convolution-like layers run fastest on the target; kLINEAR switches the layout pass off.
  network::TensorFormat activation_format = network::TensorFormat::kLINEAR;
  // Whether the target has a tactic for the layer as fused (with its epilogue); fusions without a tactic are not made.
  // Empty: every layer is accepted.
  std::function<bool(const network::ILayer&)> can_run;
  // Whether a tactic of the target runs the layer with its 4-D (3-D, 5-D) activations in the format.
  // Empty: the layout pass's own table of layer kinds decides.
  std::function<bool(const network::ILayer&, network::TensorFormat)> takes_format;
  QuantizedConstants quantized_constants = QuantizedConstants::kFold;
  // Whether the user allows int8: then clamp(round(x * s)) / s may be a quantize and a dequantize layer.
  bool may_quantize = false;
  // Whether the user lets the layer compute with integers. Empty: every layer may.
  std::function<bool(const network::ILayer&)> may_use_integers;
  // Called with the network's text after each pass that changed it; empty unless dumps were asked for.
  std::function<void(const std::string& pass, const std::string& text)> dump;
};

// Rewrites a network into an equal one. Keeps no state between runs.
class Pass {
 public:
  virtual ~Pass() = default;
  // The pass's action in kebab case: "fuse-convolution-bias".
  virtual const char* name() const = 0;
  // True exactly if the network was changed. Declines layers that the pass does not handle fully.
  virtual bool run(network::INetworkDefinition& network, const PassContext& context) const = 0;
};

struct PassReport {
  std::string name;
  bool changed = false;
  double milliseconds = 0;
  int32_t layers_before = 0;
  int32_t layers_after = 0;
};

// One line of the pipeline: a pass and the reason for its position.
struct PipelineEntry {
  std::unique_ptr<Pass> pass;
  const char* reason;
};
// THE order (pipeline.cpp).
std::vector<PipelineEntry> default_pipeline();

// Runs the passes in order, and verifies the network after each pass that changed it; an Error then names the pass.
std::vector<PassReport> run_pipeline(network::INetworkDefinition& network, const PassContext& context,
                                     const std::vector<PipelineEntry>& pipeline);
std::vector<PassReport> optimize(network::INetworkDefinition& network, const PassContext& context);

}  // namespace torch_tensorrt::optimizer
