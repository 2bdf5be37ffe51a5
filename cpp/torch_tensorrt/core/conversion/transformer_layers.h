#pragma once

#include <set>

#include "torch/csrc/jit/ir/ir.h"

namespace torch_tensorrt::core::conversion {

// Whether the node is one operator for a whole layer: the fast path of torch.nn's attention and encoder layers.
inline bool is_transformer_layer(const torch::jit::Node* node) {
  static const std::set<c10::Symbol> kLayers = {c10::Symbol::aten("_transformer_encoder_layer_fwd"),
                                                c10::Symbol::aten("_native_multi_head_attention")};
  return kLayers.count(node->kind()) != 0;
}

}  // namespace torch_tensorrt::core::conversion
