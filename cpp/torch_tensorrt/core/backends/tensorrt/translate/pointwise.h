#pragma once

#include "torch_tensorrt/core/backends/tensorrt/translate/translator.h"

namespace torch_tensorrt::backends::tensorrt {

// For layers, and for the epilogues of layers.
trt::ITensor& apply_activation(Translator& t, trt::ITensor& x, network::ActivationType type, double alpha, double beta);
// `second` is our tensor of operand b, where it has one: a constant exponent is read from it.
trt::ITensor& apply_elementwise(Translator& t, network::ElementWiseOperation operation, trt::ITensor& a,
                                trt::ITensor& b, const network::ITensor* second);

// log(1 + x) with all its digits near 0 too.
trt::ITensor& log1p_of(Translator& t, trt::ITensor& x);
// alpha * log(1 + exp(beta * x)), near 0 too.
trt::ITensor& softplus_of(Translator& t, trt::ITensor& x, double alpha, double beta);

}  // namespace torch_tensorrt::backends::tensorrt
