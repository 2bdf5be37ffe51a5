#pragma once

#include "torch_tensorrt/core/lowering/passes/passes.h"

// Passes for quantized modules.
namespace torch_tensorrt::core::lowering::passes {

// Replaces tensors of quantized dtypes (torch.quint8) by floating-point tensors with the same values, so that engines
// can hold them: quantize_per_tensor(x) -> fake_quantize(x), and quantized::conv2d(x, packed, scale, zero) ->
// fake_quantize(conv2d(x, fake_quantize(weight), bias)). Throws Refused and changes nothing if the graph does more with
// such tensors than the pass knows.
bool replace_quantized_tensors(const GraphPtr& graph);

// Hides from PyTorch's passes that tensors are known which a quantization reads (util::quantized_tensor). They would
// compute quantized weights, which a build for int8 looks for.
// quantize(x) -> quantize(trt::hidden(x))
void hide_quantizations(torch::jit::Graph& graph);
// The reverse.
void show_quantizations(torch::jit::Graph& graph);

}  // namespace torch_tensorrt::core::lowering::passes
