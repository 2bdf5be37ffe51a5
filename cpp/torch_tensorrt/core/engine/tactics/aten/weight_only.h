#pragma once

#include <cstdint>

namespace torch_tensorrt::engine::aten {

// Sizes of a product of floats (rows x inner) and 8-bit weights (columns x inner).
struct WeightOnlyForm {
  int64_t rows;
  int64_t columns;
  int64_t inner;
};

// result[m][n] = scales[n] * sum over k of x[m][k] * weights[n][k], summed in f32. Uses PyTorch's threads.
void multiply_by_integers(const WeightOnlyForm& form, const float* x, const int8_t* weights, const float* scales,
                          float* result);

}  // namespace torch_tensorrt::engine::aten
