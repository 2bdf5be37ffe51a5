#pragma once

#include <map>

#include "ATen/core/ivalue.h"

namespace torch_tensorrt::core::util {

// The memory of a tensor; null if it has none.
const void* storage_of(const at::Tensor& tensor);

// Copies values, with memory of their own. Tensors that share memory, and objects that are one, still do in the copies.
class TensorCopies {
 public:
  c10::IValue copy(const c10::IValue& value);

 private:
  struct Pair {
    at::Tensor original;  // kept: its address says which tensor it is
    at::Tensor copy;
  };
  at::Tensor copy_tensor(const at::Tensor& tensor);

  std::map<const void*, Pair> storages_;
  std::map<const void*, Pair> tensors_;
  c10::IValue::HashIdentityIValueMap objects_;
};

}  // namespace torch_tensorrt::core::util
