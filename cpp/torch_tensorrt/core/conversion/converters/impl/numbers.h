#pragma once

#include "torch_tensorrt/core/conversion/converters/impl/compose.h"

// Numbers beside tensors, and arithmetic that must not lose their digits.
namespace torch_tensorrt::core::conversion::converters {

// Whether the dtype is float16 or bfloat16 and would round the operand, which is a number or a 0-d tensor.
bool is_rounded_by(at::ScalarType type, const Operand& operand);
// The dtype of floats that PyTorch makes of integers and of Python's floats (torch.set_default_dtype), at this moment.
at::ScalarType default_float();

// The distances from the mean along the axes, which are kept in it as dimensions of 1. The mean is taken off twice: far
// from 0 the first one is rounded by more than the distances, whose own mean is small.
struct Centered {
  ITensor* distances;
  ITensor* mean;
};
Centered centered(ConversionCtx* ctx, ITensor* x, uint32_t axes);

}  // namespace torch_tensorrt::core::conversion::converters
