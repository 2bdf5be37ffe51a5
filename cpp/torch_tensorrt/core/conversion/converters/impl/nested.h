#pragma once

#include "torch_tensorrt/core/conversion/converters/impl/args.h"
#include "torch_tensorrt/core/conversion/converters/impl/families.h"

// PyTorch's transformer layers remove the padding of a batch by making a nested tensor. In a network this stays the
// padded tensor, and the graph is searched for the mask of its elements.
namespace torch_tensorrt::core::conversion::converters {

// Bools, batch x length: true where an element of the nested tensor is not padding. Null if the tensor is not
// nested.
ITensor* nested_mask(ConversionCtx* ctx, const torch::jit::Value* value);

Family nested_family();

}  // namespace torch_tensorrt::core::conversion::converters
