#pragma once

#include <unordered_map>
#include <vector>

#include "torch_tensorrt/core/conversion/conversion.h"

namespace torch_tensorrt::core::conversion {

// The dtype that the floating tensors of an input of the block are cast to before anything reads them.
using InputCasts = std::unordered_map<const torch::jit::Value*, at::ScalarType>;

// Casts to convert the block with, in the order in which to try them: none first, as PyTorch computes with many
// operands of different dtypes; then those of inputs that meet weights of another floating dtype; then those of all
// floating inputs, to the dtype of the weights.
std::vector<InputCasts> casts_to_try(const torch::jit::Block* b, const ConversionInfo& info,
                                     const ir::StaticParams& static_params);

// The network input itself, or the cast of it.
nvinfer1::ITensor* cast_input(ConversionCtx& ctx, const InputCasts& casts, const torch::jit::Value* value,
                              nvinfer1::ITensor* input);

}  // namespace torch_tensorrt::core::conversion
