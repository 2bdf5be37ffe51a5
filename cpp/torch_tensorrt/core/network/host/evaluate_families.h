#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "torch_tensorrt/core/network/host/evaluate.h"

// Parts of evaluate.cpp, one file for each family of layers. Not for use elsewhere.
namespace torch_tensorrt::network {

// The result that an evaluator fills.
struct MutableTensor {
  TensorType type;
  void* values = nullptr;
};

using HostTensors = std::vector<HostTensor>;
using Evaluator = void (*)(const ILayer& layer, const HostTensors& inputs, const MutableTensor& output);

// evaluate_pointwise.cpp
void evaluate_activation(const ILayer& layer, const HostTensors& inputs, const MutableTensor& output);
void evaluate_elementwise(const ILayer& layer, const HostTensors& inputs, const MutableTensor& output);
void evaluate_unary(const ILayer& layer, const HostTensors& inputs, const MutableTensor& output);
void evaluate_scale(const ILayer& layer, const HostTensors& inputs, const MutableTensor& output);
void evaluate_cast(const ILayer& layer, const HostTensors& inputs, const MutableTensor& output);
void evaluate_select(const ILayer& layer, const HostTensors& inputs, const MutableTensor& output);

// evaluate_movement.cpp
void evaluate_copy(const ILayer& layer, const HostTensors& inputs, const MutableTensor& output);
void evaluate_shape(const ILayer& layer, const HostTensors& inputs, const MutableTensor& output);
void evaluate_shuffle(const ILayer& layer, const HostTensors& inputs, const MutableTensor& output);
void evaluate_concatenation(const ILayer& layer, const HostTensors& inputs, const MutableTensor& output);

// evaluate_indexing.cpp
void evaluate_slice(const ILayer& layer, const HostTensors& inputs, const MutableTensor& output);
void evaluate_gather(const ILayer& layer, const HostTensors& inputs, const MutableTensor& output);

// evaluate_reduce.cpp
void evaluate_reduce(const ILayer& layer, const HostTensors& inputs, const MutableTensor& output);

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
