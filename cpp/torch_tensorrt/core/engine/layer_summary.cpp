#include "torch_tensorrt/core/engine/layer_summary.h"

#include "torch_tensorrt/core/engine/network_weights.h"
#include "torch_tensorrt/core/network/enum_names.h"

namespace torch_tensorrt::engine {
namespace {

bool has_bias(const network::ILayer& layer) {
  bool found = false;
  for_each_weights(layer, [&](const char* name, const network::Weights&) { found |= std::string(name) == "bias"; });
  return found;
}

// "bias, sum, relu": what runs in the layer besides its own operation.
std::string fused_text(const network::ILayer& layer) {
  std::string text;
  const auto add = [&](const std::string& name) { text += (text.empty() ? "" : ", ") + name; };
  if (has_bias(layer)) add("bias");
  for (const network::EpilogueOp& op : layer.epilogue()) {
    add(op.kind == network::EpilogueOp::Kind::kActivation ? network::enum_name(op.activation)
                                                          : network::enum_name(op.elementwise));
  }
  return text;
}

}  // namespace

BuiltLayer summarise_layer(const network::ILayer& layer, const LayerChoice& choice) {
  BuiltLayer result;
  result.name = layer.getName();
  result.kind = network::enum_name(layer.getType());
  result.fused = fused_text(layer);
  result.tactic = choice.tactic;
  result.format = network::enum_name(layer.getOutput(0)->format());
  result.precision = network::enum_name(layer.getOutput(0)->getType());
  result.source = layer.source();
  result.microseconds = choice.microseconds;
  return result;
}

}  // namespace torch_tensorrt::engine
