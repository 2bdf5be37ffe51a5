#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

#include "torch_tensorrt/core/engine/tactics/tactic.h"

// Engine memory seen as at::Tensor.
namespace torch_tensorrt::engine::aten {

// Empty for a dtype that PyTorch does not have (kINT4).
std::optional<at::ScalarType> find_scalar_type(network::DataType type);
// Throws Error for a dtype that PyTorch does not have.
at::ScalarType scalar_type(network::DataType type);
// Empty for a scalar type that networks do not have (complex, quantized).
std::optional<network::DataType> find_data_type(at::ScalarType type);

at::Device device_of(const DeviceTarget& target);
inline at::IntArrayRef sizes_of(const network::Dims& dims) { return {dims.d, static_cast<size_t>(dims.nbDims)}; }

// A tensor of the given shape and strides without memory. bind() gives memory to it, and to all views made of it (they
// share its storage), without an allocation.
at::Tensor make_blob(at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType type, at::Device device);
at::Tensor make_blob(const TensorDesc& desc, at::Device device);
void bind(const at::Tensor& blob, void* data);

// Weights of a layer as a tensor of the given sizes, in their own dtype. `role` is the key in the store. Row-major; on
// a GPU in the given format.
at::Tensor weights_tensor(const network::ILayer& layer, const char* role, const network::Weights& values,
                          at::IntArrayRef sizes, WeightStore& store, at::Device device,
                          at::MemoryFormat format = at::MemoryFormat::Contiguous);

// A view with other sizes that shares the tensor's memory; empty if its strides do not allow that.
std::optional<at::Tensor> try_view(const at::Tensor& tensor, at::IntArrayRef sizes);

}  // namespace torch_tensorrt::engine::aten
