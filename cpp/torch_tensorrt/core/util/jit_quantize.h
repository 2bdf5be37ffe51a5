#pragma once

#include "torch/csrc/jit/ir/ir.h"

namespace torch_tensorrt::core::util {

// Values rounded to what an integer dtype could hold, as floats: what quantization-aware training leaves in a graph.
inline bool is_fake_quantize(const torch::jit::Node* n) {
  static const auto per_tensor = c10::Symbol::fromQualString("aten::fake_quantize_per_tensor_affine");
  static const auto per_channel = c10::Symbol::fromQualString("aten::fake_quantize_per_channel_affine");
  return n->kind() == per_tensor || n->kind() == per_channel;
}

}  // namespace torch_tensorrt::core::util
