#pragma once

#include <string>
#include <vector>

#include "ATen/core/ivalue.h"
#include "ATen/core/jit_type.h"

namespace torch_tensorrt::core::ir {

// An argument or result of a method: a tensor, or a tuple or list of such. A result may also hold numbers that the
// engine computes (each from a tensor of one element) and constants: None, known numbers, strings.
struct ValueTree {
  enum class Kind { kTensor, kNumber, kConstant, kTuple, kList };
  Kind kind = Kind::kTensor;
  std::string name;  // of an argument
  std::vector<ValueTree> children;
  c10::TypePtr declared;  // by the module's method; null: what the children make
  c10::IValue constant;

  // An empty list without a declared type is one of tensors. Throws Error for one whose elements have no common type.
  c10::TypePtr type() const;
};

// How many of an engine's inputs or outputs the tree is made of.
size_t count_tensors(const ValueTree& tree);
size_t count_tensors(const std::vector<ValueTree>& trees);

}  // namespace torch_tensorrt::core::ir
