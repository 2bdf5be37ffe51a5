#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "torch_tensorrt/core/network/host/evaluate.h"

// For the `evaluate` of layers, which the files of this folder define family by family. Not for use elsewhere.
namespace torch_tensorrt::network {

using Strides = std::array<int64_t, Dims::MAX_DIMS>;
Strides row_major_strides(const Dims& dims);
// Strides of an operand over the result's dims: 0 where broadcasting repeats it.
Strides broadcast_strides(const Dims& operand, const Dims& result);

// Calls f(offsets) for every element of dims in row-major order, with the offset into each of N strided operands.
template <size_t N, typename F>
void walk(const Dims& dims, const std::array<Strides, N>& strides, F f) {
  const int64_t volume = dims.volume();
  std::array<int64_t, N> offsets{};
  int64_t index[Dims::MAX_DIMS] = {};
  for (int64_t done = 0; done < volume; ++done) {
    f(offsets);
    for (int32_t axis = dims.nbDims - 1; axis >= 0; --axis) {
      for (size_t i = 0; i < N; ++i) offsets[i] += strides[i][static_cast<size_t>(axis)];
      if (++index[axis] < dims.d[axis]) break;
      for (size_t i = 0; i < N; ++i) offsets[i] -= strides[i][static_cast<size_t>(axis)] * dims.d[axis];
      index[axis] = 0;
    }
  }
}

}  // namespace torch_tensorrt::network
