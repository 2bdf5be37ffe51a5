#pragma once

#include "torch_tensorrt/core/conversion/converters/impl/compose.h"

// Numbers used together with tensors, and arithmetic that must keep their precision.
namespace torch_tensorrt::core::conversion::converters {

// Whether the dtype is float16 or bfloat16 and would round the operand, a number or 0-d tensor.
bool is_rounded_by(at::ScalarType type, const Operand& operand);
// PyTorch's current default float dtype (torch.set_default_dtype), used for integers and for Python's floats.
at::ScalarType default_float();

// The distances from the mean along the axes; the axes are kept as dimensions of 1. Subtracts the mean twice: far from
// 0 the first mean's rounding error exceeds the distances, but the mean of the distances is small and precise.
struct Centered {
  ITensor* distances;
  ITensor* mean;
};
Centered centered(ConversionCtx* ctx, ITensor* x, uint32_t axes);

}  // namespace torch_tensorrt::core::conversion::converters
