#pragma once

#include <string>
#include <vector>

#include "ATen/core/jit_type.h"

namespace torch_tensorrt::core::ir {

// An argument or result of a method: a tensor, or a tuple or list of such.
struct ValueTree {
  enum class Kind { kTensor, kTuple, kList };
  Kind kind = Kind::kTensor;
  std::string name;  // of an argument
  std::vector<ValueTree> children;

  // An empty list is one of tensors. Throws Error for a list whose elements have no common type.
  c10::TypePtr type() const;
};

size_t count_tensors(const ValueTree& tree);
size_t count_tensors(const std::vector<ValueTree>& trees);

}  // namespace torch_tensorrt::core::ir
