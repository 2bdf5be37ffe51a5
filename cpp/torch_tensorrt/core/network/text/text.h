#pragma once

#include <memory>
#include <string>

#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::network {

struct TextOptions {
  // Weights with more elements are printed as `...` (such text cannot be parsed). -1: print all weights, so that the
  // text is complete.
  int64_t max_weight_elements = -1;
  bool inferred_types = true;  // a `: f32[1x3x224x224]` behind every output, which the parser only checks
};

// Prints the network as text with one line for each layer, for instance
//
//   network "lenet" {
//     %input_0 = input() {dims=[1x1x8x8]} : f32[1x1x8x8]
//     %1 = convolution(%input_0) {maps=6, kernel_size=[3x3], kernel=f32"AAAA...", name="conv1"} : f32[1x6x6x6]
//     %output_0 = activation(%1) {type=relu} : f32[1x6x6x6] @hwc
//     return %output_0
//   }
//
// Tensors without a name are numbered; `_` is an optional input that is not given. Attributes with their default value
// are left out. Weights are base64 of their bytes, so nothing is lost (the parser also takes f32[1, 2.5]). Profiles,
// and the order of the inputs if it differs from that of the layers, stand before the layers. Operations of an epilogue
// name the input that they read: epilogue=[sum(%5), clip(0, 6), sub(%7, swapped)]. For a tensor that is read several
// times, the name means its last use; other uses have a number (`input 1`).
std::string print_network(const INetworkDefinition& network, const TextOptions& options = {});
// One layer in the form of print_network.
std::string print_layer(const ILayer& layer, const TextOptions& options = {});
// The inverse of print_network. Throws Error with line, column, the text found and the text expected.
std::unique_ptr<INetworkDefinition> parse_network(const std::string& text);

}  // namespace torch_tensorrt::network
