#pragma once

#include "torch_tensorrt/core/conversion/converters/impl/common.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

// PyTorch's transformer layers take the padding out of a batch by making it a nested tensor. In a network that is the
// padded tensor, and which elements are not padding is found through the graph.
namespace torch_tensorrt::core::conversion::converters {

// Batch x length of bools, true where an element of the nested tensor is not padding; null for a tensor that is not
// nested.
ITensor* nested_mask(ConversionCtx* ctx, const torch::jit::Value* value);

Family nested_family();

}  // namespace torch_tensorrt::core::conversion::converters
