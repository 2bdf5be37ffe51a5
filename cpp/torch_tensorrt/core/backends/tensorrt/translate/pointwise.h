#pragma once

#include "torch_tensorrt/core/backends/tensorrt/translate/translator.h"

namespace torch_tensorrt::backends::tensorrt {

// Used for layers and for their epilogues.
trt::ITensor& apply_activation(Translator& t, trt::ITensor& x, network::ActivationType type, double alpha, double beta);
// `second` is our tensor of operand b, if there is one: a constant exponent is read from it.
trt::ITensor& apply_elementwise(Translator& t, network::ElementWiseOperation operation, trt::ITensor& a,
                                trt::ITensor& b, const network::ITensor* second);

// log(1 + x), exact near 0 as well.
trt::ITensor& log1p_of(Translator& t, trt::ITensor& x);
// alpha * log(1 + exp(beta * x)), exact near 0 as well.
trt::ITensor& softplus_of(Translator& t, trt::ITensor& x, double alpha, double beta);

}  // namespace torch_tensorrt::backends::tensorrt
