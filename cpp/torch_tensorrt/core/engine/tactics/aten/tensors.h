#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/tactics/tactic.h"

// How engine memory is seen as at::Tensor.
namespace torch_tensorrt::engine::aten {

// Empty for a dtype that PyTorch has no tensors of (kINT4).
std::optional<at::ScalarType> find_scalar_type(network::DataType type);
// Throws Error for such a dtype.
at::ScalarType scalar_type(network::DataType type);
// Empty for a scalar type that networks do not have (complex, quantized).
std::optional<network::DataType> find_data_type(at::ScalarType type);

at::Device device_of(const DeviceTarget& target);
inline at::IntArrayRef sizes_of(const network::Dims& dims) { return {dims.d, static_cast<size_t>(dims.nbDims)}; }

// A tensor of the given shape and strides with no memory yet. bind() gives it (and all views made of it, for they share
// its storage) some memory, without an allocation.
at::Tensor make_blob(at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType type, at::Device device);
at::Tensor make_blob(const TensorDesc& desc, at::Device device);
void bind(const at::Tensor& blob, void* data);

// Weights of a layer as a row-major tensor of the given sizes, in their own dtype. `role` is the key in the store.
at::Tensor weights_tensor(const network::ILayer& layer, const char* role, const network::Weights& values,
                          at::IntArrayRef sizes, WeightStore& store, at::Device device);

// A view of the tensor with other sizes that shares its memory; empty when its strides do not allow that.
std::optional<at::Tensor> try_view(const at::Tensor& tensor, at::IntArrayRef sizes);

}  // namespace torch_tensorrt::engine::aten
