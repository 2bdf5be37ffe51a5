#pragma once

#include <string>

#include "onednn/convolution_row.h"
#include "torch_tensorrt/core/network/types.h"

// Asks oneDNN itself, without our tactics, what it has for this processor. Built for aarch64 without Arm Compute
// Library it has only reference implementations of many primitives, so that a tactic must decline them.
namespace torch_tensorrt::engine::testing {

// Whether there is an implementation beside the reference, with all tensors channels last. With a residual, the
// primitive adds a tensor of the result's shape.
bool has_fast_convolution(const ConvolutionRow& row, bool with_residual = false);
bool has_fast_deconvolution(const ConvolutionRow& row);
bool has_fast_softmax(const network::Dims& dims, int32_t axis, network::TensorFormat format);
// Element by element, of two tensors of the same shape.
bool has_fast_elementwise(bool with_residual = false);
bool has_fast_activation(network::ActivationType type, float alpha, float beta);
// Whether a fast activation gives NaN for NaN, and the limits for infinities.
bool has_right_activation(network::ActivationType type, float alpha, float beta);

// For GTEST_SKIP.
inline constexpr const char* kOnlyReference = "oneDNN has only a reference implementation for this processor";

}  // namespace torch_tensorrt::engine::testing
