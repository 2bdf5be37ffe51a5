#pragma once

#include "torch/csrc/jit/ir/ir.h"

namespace torch_tensorrt::core::util {

// Whether the operator quantizes or dequantizes and has a converter: fake quantization, and the operators between
// tensors of plain integer dtypes. Such a node becomes a layer even if its arguments are known, because a build for
// int8 looks for the quantization of weights.
bool is_quantization(const torch::jit::Node* n);

// The tensor that the node begins to round to the numbers of an integer dtype; null if it does not: the first argument
// of an operator that quantizes (is_quantization), and x of clamp(round(x * s)) / s and clamp(round(x / s)) * s.
torch::jit::Value* quantized_tensor(const torch::jit::Node* n);

}  // namespace torch_tensorrt::core::util
