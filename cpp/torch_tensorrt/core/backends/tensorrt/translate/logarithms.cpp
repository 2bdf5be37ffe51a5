#include "torch_tensorrt/core/backends/tensorrt/translate/logarithms.h"

#include "torch_tensorrt/core/backends/tensorrt/translate/blocks.h"

namespace torch_tensorrt::backends::tensorrt {

using Op = trt::UnaryOperation;
using Binary = trt::ElementWiseOperation;

// log(u) * x / (u - 1) with u = 1 + x: what rounding took from x in u is divided out again. Far from 0 it is log(u).
trt::ITensor& log1p_of(Translator& t, trt::ITensor& x) {
  trt::ITensor& u = binary(t, Binary::kSUM, x, 1.0);
  trt::ITensor& log = unary(t, u, Op::kLOG);
  trt::ITensor& less = binary(t, Binary::kSUB, u, 1.0);
  trt::ITensor& corrected = binary(t, Binary::kPROD, log, binary(t, Binary::kDIV, x, less));
  trt::ITensor& tiny = binary(t, Binary::kEQUAL, less, 0.0);
  trt::ITensor& large = binary(t, Binary::kGREATER, x, 1e6);
  trt::ITensor& below = binary(t, Binary::kLESS, x, -0.999);
  return select(t, tiny, x, select(t, binary(t, Binary::kOR, large, below), log, corrected));
}

// max(y, 0) + log1p(exp(-|y|)) with y = beta * x: TensorRT's own is 0 where PyTorch's result is small.
trt::ITensor& softplus_of(Translator& t, trt::ITensor& x, double alpha, double beta) {
  trt::ITensor& y = beta == 1.0 ? x : binary(t, Binary::kPROD, x, beta);
  trt::ITensor& decay = unary(t, unary(t, unary(t, y, Op::kABS), Op::kNEG), Op::kEXP);
  trt::ITensor& sum = binary(t, Binary::kSUM, binary(t, Binary::kMAX, y, 0.0), log1p_of(t, decay));
  return alpha == 1.0 ? sum : binary(t, Binary::kPROD, sum, alpha);
}

}  // namespace torch_tensorrt::backends::tensorrt
