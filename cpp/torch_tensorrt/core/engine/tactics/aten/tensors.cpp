#include "torch_tensorrt/core/engine/tactics/aten/tensors.h"

#include <ATen/ATen.h>
#include <ATen/TensorUtils.h>

#include <cstring>

#include "torch_tensorrt/core/engine/cuda/device_access.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::aten {
namespace {

struct TypePair {
  network::DataType network;
  at::ScalarType torch;
};
constexpr TypePair kTypes[] = {
    {network::DataType::kFLOAT, at::kFloat},       {network::DataType::kHALF, at::kHalf},
    {network::DataType::kBF16, at::kBFloat16},     {network::DataType::kDOUBLE, at::kDouble},
    {network::DataType::kINT8, at::kChar},         {network::DataType::kUINT8, at::kByte},
    {network::DataType::kINT16, at::kShort},       {network::DataType::kINT32, at::kInt},
    {network::DataType::kINT64, at::kLong},        {network::DataType::kBOOL, at::kBool},
    {network::DataType::kFP8, at::kFloat8_e4m3fn},
};

// The plain elements: the store's for this layer, or the network's own if the store does not know the key.
const void* plain_elements(const network::ILayer& layer, const char* role, const network::Weights& values,
                           WeightStore& store) {
  if (layer.network() == nullptr) return values.values;
  const std::string key = weight_key(layer_index(layer), role);
  if (!store.contains(key)) return values.values;
  const auto cannot_unpack = [&](const WeightBlock& from, void*) {
    TORCHTRT_THROW_ERROR("layer " << layer.getName() << ": its " << role << " is kept in layout " << from.layout
                                  << ", but this tactic reads plain weights. Build the engine again");
  };
  return store.get(key, "plain", values.bytes(), cannot_unpack);
}

}  // namespace

std::optional<at::ScalarType> find_scalar_type(network::DataType type) {
  for (const TypePair& pair : kTypes) {
    if (pair.network == type) return pair.torch;
  }
  return std::nullopt;
}

at::ScalarType scalar_type(network::DataType type) {
  const auto found = find_scalar_type(type);
  TORCHTRT_CHECK(found, "PyTorch has no tensors of dtype " << network::enum_name(type));
  return *found;
}

std::optional<network::DataType> find_data_type(at::ScalarType type) {
  for (const TypePair& pair : kTypes) {
    if (pair.torch == type) return pair.network;
  }
  return std::nullopt;
}

at::Device device_of(const DeviceTarget& target) {
  if (target.is_cpu()) return at::Device(at::kCPU);
  return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(target.gpu_id));
}

at::Tensor make_blob(at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType type, at::Device device) {
  const size_t bytes = at::detail::computeStorageNbytes(sizes, strides, c10::elementSize(type));
  c10::Storage storage(c10::Storage::use_byte_size_t(), bytes, at::DataPtr(nullptr, device), /*allocator=*/nullptr,
                       /*resizable=*/false);
  const auto key = device.is_cpu() ? c10::DispatchKey::CPU : c10::DispatchKey::CUDA;
  auto tensor = at::detail::make_tensor<c10::TensorImpl>(std::move(storage), c10::DispatchKeySet(key),
                                                         c10::scalarTypeToTypeMeta(type));
  tensor.unsafeGetTensorImpl()->set_sizes_and_strides(sizes, strides);
  return tensor;
}

at::Tensor make_blob(const TensorDesc& desc, at::Device device) {
  return make_blob(sizes_of(desc.dims), sizes_of(desc.strides()), scalar_type(desc.dtype), device);
}

void bind(const at::Tensor& blob, void* data) {
  blob.storage().unsafeGetStorageImpl()->set_data_ptr_noswap(at::DataPtr(data, blob.device()));
}

at::Tensor weights_tensor(const network::ILayer& layer, const char* role, const network::Weights& values,
                          at::IntArrayRef sizes, WeightStore& store, at::Device device, at::MemoryFormat format) {
  const int64_t expected = c10::multiply_integers(sizes);
  TORCHTRT_CHECK(values.count == expected, "layer " << layer.getName() << ": its " << role << " has " << values.count
                                                    << " elements, expected " << expected);
  // The tensor is only read, so the const_cast is safe.
  auto* elements = const_cast<void*>(plain_elements(layer, role, values, store));
  const auto options = at::TensorOptions().dtype(scalar_type(values.type));
  const at::Tensor on_host = at::from_blob(elements, sizes, options);
  if (device.is_cpu()) return on_host;
  const auto upload = [&] {
    DeviceTarget target;
    target.gpu_id = device.index();
    const at::Tensor laid_out = on_host.contiguous(format);
    auto memory = allocate_on(target, values.bytes());
    copy_to(target, memory.get(), laid_out.const_data_ptr(), values.bytes());
    return memory;
  };
  const bool is_plain = format == at::MemoryFormat::Contiguous;
  const at::DimVector last(is_plain ? std::vector<int64_t>() : c10::get_channels_last_strides_2d(sizes));
  const at::DimVector strides = is_plain ? c10::contiguous_strides(sizes) : last;
  const at::Tensor tensor = make_blob(sizes, strides, on_host.scalar_type(), device);
  bind(tensor, const_cast<void*>(store.derived(elements, is_plain ? "plain" : "channels_last", upload)));
  return tensor;
}

std::optional<at::Tensor> try_view(const at::Tensor& tensor, at::IntArrayRef sizes) {
  if (tensor.numel() == 0) return tensor.new_empty(sizes);
  const auto strides = at::detail::computeStride(tensor.sizes(), tensor.strides(), at::DimVector(sizes));
  if (!strides) return std::nullopt;
  return tensor.as_strided(sizes, *strides);
}

}  // namespace torch_tensorrt::engine::aten
