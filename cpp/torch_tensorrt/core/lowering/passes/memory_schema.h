#pragma once

#include <optional>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

// What an operator does with memory, read from the alias annotations of its schema. Operators whose schema does not
// say that their result may be their argument are listed.
namespace torch_tensorrt::core::lowering::passes {

// Whether a value of the type is a tensor, perhaps None.
bool is_tensor_type(const c10::TypePtr& type);
// Whether a value of the type is a tensor or may hold one.
bool holds_tensors(const c10::TypePtr& type);

// Places of the arguments that the operator writes.
std::vector<size_t> written_arguments(const torch::jit::Node* node);
// Whether the operator writes tensors, or what holds them.
bool writes_tensors(const torch::jit::Node* node);
// Whether the operator reads nothing of its arguments but sizes, dtype and device.
bool reads_no_elements(const torch::jit::Node* node);

enum class Sharing {
  kNone,     // the results have memory of their own
  kSame,     // the result is the argument
  kView,     // the result is a view of the argument, or a list of views
  kCast,     // the result is the argument where that has the dtype already, else a copy
  kPerhaps,  // the results may be views of the arguments, or copies
};
// How the results share the memory of the arguments, of an operator that writes nothing.
Sharing sharing(const torch::jit::Node* node);
// The argument that the only result is a view of.
std::optional<size_t> viewed_argument(const torch::jit::Node* node);

// An in-place operator that gives its first argument another shape and writes no element: t_, squeeze_.
bool changes_shape_in_place(const torch::jit::Node* node);
// An in-place operator without an effect on elements or shape: requires_grad_, detach_.
bool changes_nothing(const torch::jit::Node* node);
// An in-place operator that replaces the memory of its argument: set_, resize_.
bool replaces_memory(const torch::jit::Node* node);

// Whether the operator gives contiguous results of contiguous arguments.
bool keeps_contiguous(const torch::jit::Node* node);
// Whether the result of the in-place operator has the shape and dtype of self, whatever the arguments are.
bool keeps_shape_and_dtype(const torch::jit::Node* node);

// The operator that gives a new tensor for one that writes (add_ -> add, add.out -> add), before the node and with its
// arguments, as many results as the node has; null where there is none.
torch::jit::Node* functional_form(torch::jit::Node* write, const std::vector<size_t>& written);

}  // namespace torch_tensorrt::core::lowering::passes
