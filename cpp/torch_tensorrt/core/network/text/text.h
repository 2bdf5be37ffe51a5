#pragma once

#include <memory>
#include <string>

#include "torch_tensorrt/core/network/network.h"

namespace torch_tensorrt::network {

struct TextOptions {
  // Weights of more elements than this are printed as `...` (such text cannot be parsed). -1: everything, the text
  // form is complete.
  int64_t max_weight_elements = -1;
  bool inferred_types = true;  // a `: f32[1x3x224x224]` behind every output; ignored by the parser but checked
};

// The network as text, one layer a line, for instance
//
//   network "lenet" {
//     %input_0 = input() {dims=[1x1x8x8]} : f32[1x1x8x8]
//     %1 = convolution(%input_0) {maps=6, kernel_size=[3x3], kernel=f32"AAAA...", name="conv1"} : f32[1x6x6x6]
//     %output_0 = activation(%1) {type=relu} : f32[1x6x6x6] @hwc
//     return %output_0
//   }
//
// Tensors without a name are numbered; an optional input that is not given is `_`. Attributes that have their default
// value are left out. Weights are base64 of their bytes, so nothing is lost (the parser also takes f32[1, 2.5]).
// Profiles and, where it is not that of the layers, the order of the inputs stand before the layers.
// Operations of an epilogue name the input they read, epilogue=[sum(%5), clip(0, 6), sub(%7, swapped)]: the last one
// where a tensor is read several times, others are told by number (`input 1`).
std::string print_network(const INetworkDefinition& network, const TextOptions& options = {});
// One layer, as print_network prints it.
std::string print_layer(const ILayer& layer, const TextOptions& options = {});
// The inverse. Throws Error with line, column, what was found and what was expected.
std::unique_ptr<INetworkDefinition> parse_network(const std::string& text);

}  // namespace torch_tensorrt::network
