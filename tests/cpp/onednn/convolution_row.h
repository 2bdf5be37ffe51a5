#pragma once

#include <ostream>

#include "onednn/one_layer.h"

// Convolutions for tests, and what the definition gives for them.
namespace torch_tensorrt::engine::testing {

struct ConvolutionRow {
  const char* name;
  network::Dims input;
  int64_t maps;
  network::Dims kernel;
  network::Dims stride = {};
  network::Dims pre = {};
  network::Dims post = {};
  network::Dims dilation = {};
  int64_t groups = 1;
  bool bias = true;
};

// For googletest.
void PrintTo(const ConvolutionRow& row, std::ostream* out);

// An attribute that is empty has the value in every dimension.
int64_t or_default(const network::Dims& dims, size_t i, int64_t value);
// Strides, paddings, dilation and groups.
void set_attributes(network::ConvolutionBase& layer, const ConvolutionRow& row);
network::Dims kernel_dims(const ConvolutionRow& row);
// The definition.
Tensor convolve(const ConvolutionRow& row, const Tensor& x, const Tensor& kernel, const Tensor& bias,
                const network::Dims& output);
// The layer of the row; its result goes to `expected`.
network::IConvolutionLayer* add_convolution(OneLayer& net, const ConvolutionRow& row, Tensor& expected);

network::EpilogueOp activation(network::ActivationType type, float alpha = 0.F, float beta = 0.F);
network::EpilogueOp binary(network::ElementWiseOperation operation, bool swapped = false);

}  // namespace torch_tensorrt::engine::testing
