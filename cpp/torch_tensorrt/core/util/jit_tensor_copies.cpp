#include "torch_tensorrt/core/util/jit_tensor_copies.h"

#include "ATen/ATen.h"

namespace torch_tensorrt::core::util {

const void* storage_of(const at::Tensor& tensor) {
  return tensor.defined() && tensor.has_storage() ? tensor.storage().unsafeGetStorageImpl() : nullptr;
}

c10::IValue TensorCopies::copy(const c10::IValue& value) {
  if (value.isTensor() && !value.toTensor().defined()) return value;
  if (!value.isTensor() || storage_of(value.toTensor()) == nullptr) return value.deepcopy(objects_);
  auto& pair = tensors_[value.toTensor().unsafeGetTensorImpl()];
  if (!pair.copy.defined()) pair = {value.toTensor(), copy_tensor(value.toTensor())};
  return pair.copy;
}

at::Tensor TensorCopies::copy_tensor(const at::Tensor& tensor) {
  if (tensor.layout() != at::kStrided || tensor.is_quantized()) return tensor.clone();
  const at::NoGradGuard no_grad;
  auto& storage = storages_[storage_of(tensor)];
  if (!storage.copy.defined()) {
    auto bytes = at::empty({0}, tensor.options().dtype(at::kByte));
    const auto count = static_cast<int64_t>(tensor.storage().nbytes());
    bytes.set_(tensor.storage(), /*storage_offset=*/0, {count}, {1});
    storage = {bytes, bytes.clone()};
  }
  auto copy = at::empty({0}, tensor.options());
  copy.set_(storage.copy.storage(), tensor.storage_offset(), tensor.sizes(), tensor.strides());
  return copy.set_requires_grad(tensor.requires_grad());
}

}  // namespace torch_tensorrt::core::util
