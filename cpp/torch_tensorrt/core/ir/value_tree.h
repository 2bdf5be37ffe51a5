#pragma once

#include <string>
#include <vector>

#include "ATen/core/ivalue.h"
#include "ATen/core/jit_type.h"

namespace torch_tensorrt::core::ir {

// An argument or result of a method: a tensor, or a tuple or list of value trees. A result may also hold numbers that
// the engine computes (each from a tensor of one element) and constants: None, known numbers, strings.
struct ValueTree {
  enum class Kind { kTensor, kNumber, kConstant, kTuple, kList };
  Kind kind = Kind::kTensor;
  std::string name;  // of an argument
  std::vector<ValueTree> children;
  c10::TypePtr declared;  // the type in the method's signature; null: derived from the children
  c10::IValue constant;

  // An empty list without a declared type is a list of tensors. Throws Error if a list's elements have no common type.
  c10::TypePtr type() const;
};

// The number of the engine's inputs or outputs in the tree.
size_t count_tensors(const ValueTree& tree);
size_t count_tensors(const std::vector<ValueTree>& trees);

}  // namespace torch_tensorrt::core::ir
