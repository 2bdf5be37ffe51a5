#include <cstring>

#include "torch_tensorrt/core/network/host/evaluate_elements.h"
#include "torch_tensorrt/core/network/host/evaluate_families.h"

// Layers that move elements and do not look at them.
namespace torch_tensorrt::network {
namespace {

Dims permuted(const Dims& dims, const Permutation& permutation) {
  Dims out = dims;
  for (int32_t i = 0; i < dims.nbDims; ++i) out.d[i] = dims.d[permutation.order[i]];
  return out;
}

Strides permuted(const Strides& strides, const Permutation& permutation, int32_t rank) {
  Strides out{};
  for (int32_t i = 0; i < rank; ++i) {
    out[static_cast<size_t>(i)] = strides[static_cast<size_t>(permutation.order[i])];
  }
  return out;
}

// Writes the transpose of the block with the given dims.
void transpose(const char* from, const Dims& dims, const Permutation& permutation, size_t size, char* to) {
  const Strides strides = permuted(row_major_strides(dims), permutation, dims.nbDims);
  walk<1>(permuted(dims, permutation), {strides}, [&](const std::array<int64_t, 1>& offsets) {
    std::memcpy(to, from + static_cast<size_t>(offsets[0]) * size, size);
    to += size;
  });
}

}  // namespace

void IIdentityLayer::evaluate(const HostTensors& inputs, const MutableTensor& output) const {
  std::memcpy(output.values, inputs[0].values(), static_cast<size_t>(inputs[0].bytes()));
}

void IReformatLayer::evaluate(const HostTensors& inputs, const MutableTensor& output) const {
  std::memcpy(output.values, inputs[0].values(), static_cast<size_t>(inputs[0].bytes()));
}

void IShapeLayer::evaluate(const HostTensors& inputs, const MutableTensor& output) const {
  const Dims& dims = inputs[0].type.dims;
  for (int32_t i = 0; i < dims.nbDims; ++i) store_integer(output.type.dtype, output.values, i, dims.d[i]);
}

void IShuffleLayer::evaluate(const HostTensors& inputs, const MutableTensor& output) const {
  const Dims& in = inputs[0].type.dims;
  const Dims& out = output.type.dims;
  const auto size = static_cast<size_t>(element_size(output.type.dtype));
  std::vector<char> between(static_cast<size_t>(inputs[0].bytes()));
  transpose(static_cast<const char*>(inputs[0].values()), in, first_transpose_, size, between.data());
  Dims reshaped = out;
  for (int32_t i = 0; i < out.nbDims; ++i) reshaped.d[second_transpose_.order[i]] = out.d[i];
  transpose(between.data(), reshaped, second_transpose_, size, static_cast<char*>(output.values));
}

void IConcatenationLayer::evaluate(const HostTensors& inputs, const MutableTensor& output) const {
  const int64_t rows = Dims(axis_, output.type.dims.d).volume();
  auto* to = static_cast<char*>(output.values);
  for (int64_t row = 0; row < rows; ++row) {
    for (const HostTensor& input : inputs) {
      const auto bytes = static_cast<size_t>(input.bytes() / rows);
      std::memcpy(to, static_cast<const char*>(input.values()) + static_cast<size_t>(row) * bytes, bytes);
      to += bytes;
    }
  }
}

}  // namespace torch_tensorrt::network
