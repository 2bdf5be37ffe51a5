#pragma once

#include <cstdint>

// Maxima over the windows of tensors that are channels last. As in PyTorch, NaN is larger than any number, the first of
// equal numbers (0 and -0) is taken, and padding is smaller than anything else.
namespace torch_tensorrt::engine::onednn {

// Sizes along depth, height and width; a tensor without depth or height has 1 there.
struct MaxPoolingForm {
  int64_t channels;
  int64_t in[3];
  int64_t out[3];
  int64_t window[3];
  int64_t stride[3];
  int64_t dilation[3];  // 1: none
  int64_t pre[3];       // padding before the first element
};

// Rows [first, last) of the output, in the order of images, depths and heights.
struct PoolingRows {
  int64_t first;
  int64_t last;
};

// Elements are bits of floating-point numbers: a sign, an exponent and a fraction. `infinity` has infinity's bits.
struct MaxPoolingKernels {
  void (*of_32_bits)(const MaxPoolingForm& form, const PoolingRows& rows, int32_t infinity, const int32_t* input,
                     int32_t* output);
  void (*of_16_bits)(const MaxPoolingForm& form, const PoolingRows& rows, int16_t infinity, const int16_t* input,
                     int16_t* output);
};

extern const MaxPoolingKernels kAvx2MaxPoolingKernels;
extern const MaxPoolingKernels kAvx512MaxPoolingKernels;
extern const MaxPoolingKernels kNeonMaxPoolingKernels;

}  // namespace torch_tensorrt::engine::onednn
