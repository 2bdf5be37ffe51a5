// Products of floats and 8-bit weights with vectors of kLanes floats, for a source that includes this once for each
// instruction set, each time in a namespace of its own. The source defines kLanes, Vector, and widen(), which reads
// kLanes weights as floats.

typedef float Floats __attribute__((vector_size(kLanes * sizeof(float)), aligned(alignof(float)), may_alias));

// `kRows` rows of x times four rows of weights, whose lengths are `inner`: sums of the products in f32.
template <int kRows>
void products(const float* x, int64_t x_step, const int8_t* weights, int64_t inner, float (&sums)[kRows][4]) {
  Vector partial[kRows][4] = {};
  int64_t k = 0;
  for (; k + kLanes <= inner; k += kLanes) {
#pragma GCC unroll 4  // or the sums would lie in memory
    for (int n = 0; n < 4; ++n) {
      if (k % 64 == 0) __builtin_prefetch(weights + (n + 4) * inner + k);  // the next block's
      const Vector w = widen(weights + n * inner + k);
#pragma GCC unroll 4
      for (int m = 0; m < kRows; ++m) partial[m][n] += w * *reinterpret_cast<const Floats*>(x + m * x_step + k);
    }
  }
  for (int m = 0; m < kRows; ++m) {
    for (int n = 0; n < 4; ++n) {
      float sum = 0;
      for (int lane = 0; lane < kLanes; ++lane) sum += partial[m][n][lane];
      for (int64_t i = k; i < inner; ++i) sum += static_cast<float>(weights[n * inner + i]) * x[m * x_step + i];
      sums[m][n] = sum;
    }
  }
}

template <int kRows>
void row_block(const WeightOnlyForm& form, int64_t row, int64_t column, const float* x, const int8_t* weights,
               const float* scales, float* result) {
  float sums[kRows][4];
  products<kRows>(x + row * form.inner, form.inner, weights + column * form.inner, form.inner, sums);
  for (int m = 0; m < kRows; ++m) {
    float* to = result + (row + m) * form.columns + column;
    for (int n = 0; n < 4; ++n) to[n] = sums[m][n] * scales[column + n];
  }
}

void last_columns(const WeightOnlyForm& form, int64_t column, const float* x, const int8_t* weights,
                  const float* scales, float* result) {
  for (int64_t n = column; n < form.columns; ++n) {
    const int8_t* own = weights + n * form.inner;
    for (int64_t row = 0; row < form.rows; ++row) {
      float sum = 0;
      for (int64_t k = 0; k < form.inner; ++k) sum += static_cast<float>(own[k]) * x[row * form.inner + k];
      result[row * form.columns + n] = sum * scales[n];
    }
  }
}

// The blocks [first, last) of four columns; the last block has the rest.
void multiply(const WeightOnlyForm& form, int64_t first, int64_t last, const float* x, const int8_t* weights,
              const float* scales, float* result) {
  for (int64_t block = first; block < last; ++block) {
    const int64_t column = block * 4;
    if (column + 4 > form.columns) return last_columns(form, column, x, weights, scales, result);
    int64_t row = 0;
    for (; row + 4 <= form.rows; row += 4) row_block<4>(form, row, column, x, weights, scales, result);
    for (; row < form.rows; ++row) row_block<1>(form, row, column, x, weights, scales, result);
  }
}
