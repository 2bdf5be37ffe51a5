#pragma once

#include "torch_tensorrt/core/backends/tensorrt/translate/translator.h"

namespace torch_tensorrt::backends::tensorrt {

// log(1 + x) with all its digits near 0 too.
trt::ITensor& log1p_of(Translator& t, trt::ITensor& x);
// alpha * log(1 + exp(beta * x)), near 0 too.
trt::ITensor& softplus_of(Translator& t, trt::ITensor& x, double alpha, double beta);

}  // namespace torch_tensorrt::backends::tensorrt
