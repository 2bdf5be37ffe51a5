#pragma once

#include <ostream>

#include "ATen/core/Tensor.h"

#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"

namespace torch_tensorrt::core::conversion::converters {

// A known tensor as weights of the network, which keeps the weights' memory alive. Copies a tensor only if it is not
// dense, not on the CPU, or narrowed because of truncate_long_and_double (with a warning).
struct Weights {
  nvinfer1::Weights data;
  nvinfer1::Dims kernel_shape;  // all dims after the first two
  nvinfer1::Dims shape;         // all dims; {1} for a 0-d tensor
  int64_t num_input_maps = 0;   // dim 1
  int64_t num_output_maps = 0;  // dim 0

  Weights() = default;
  // Throws Error for a dtype that networks do not support.
  Weights(ConversionCtx* ctx, at::Tensor t);
  Weights(ConversionCtx* ctx, float val);
  Weights(ConversionCtx* ctx, int32_t val);
  friend std::ostream& operator<<(std::ostream& os, const Weights& w);
};

}  // namespace torch_tensorrt::core::conversion::converters
