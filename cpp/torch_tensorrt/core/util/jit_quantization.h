#pragma once

#include "torch/csrc/jit/ir/ir.h"

namespace torch_tensorrt::core::util {

// Whether the operator quantizes or dequantizes and has a converter: fake quantization, and the operators between
// tensors of plain integer dtypes. Such a node becomes a layer even if its arguments are known, because a build for
// int8 looks for the quantization of weights.
bool is_quantization(const torch::jit::Node* n);

}  // namespace torch_tensorrt::core::util
