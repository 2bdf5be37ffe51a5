#pragma once

#include <optional>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

// The effects of an operator on memory, read from the alias annotations of its schema. Schemas that fail to say that a
// result may be an argument are listed in the code.
namespace torch_tensorrt::core::lowering::passes {

// Whether the type is a tensor, or an optional tensor.
bool is_tensor_type(const c10::TypePtr& type);
// Whether a value of the type is a tensor or may contain one.
bool holds_tensors(const c10::TypePtr& type);

// Indices of the arguments that the operator writes.
std::vector<size_t> written_arguments(const torch::jit::Node* node);
// Whether the operator writes tensors, or collections of tensors.
bool writes_tensors(const torch::jit::Node* node);
// Whether the operator reads only sizes, dtype and device of its arguments.
bool reads_no_elements(const torch::jit::Node* node);

enum class Sharing {
  kNone,     // the results have memory of their own
  kSame,     // the result is the argument
  kView,     // the result is a view of the argument, or a list of views
  kCast,     // the result is the argument if it has the dtype already, else a copy
  kPerhaps,  // the results may be views of the arguments, or copies
};
// How the results of an operator that writes nothing share memory with the arguments.
Sharing sharing(const torch::jit::Node* node);
// The index of the argument that the single result is a view of.
std::optional<size_t> viewed_argument(const torch::jit::Node* node);

// Whether the operator changes the shape of its first argument in place and writes no element: t_, squeeze_.
bool changes_shape_in_place(const torch::jit::Node* node);
// Whether the operator is in-place but changes neither elements nor shape: requires_grad_, detach_.
bool changes_nothing(const torch::jit::Node* node);
// Whether the operator replaces the memory of its argument in place: set_, resize_.
bool replaces_memory(const torch::jit::Node* node);

// Whether contiguous arguments give contiguous results.
bool keeps_contiguous(const torch::jit::Node* node);
// Whether the result of the in-place operator always has the shape and dtype of self, whatever the other arguments are.
bool keeps_shape_and_dtype(const torch::jit::Node* node);

// Inserts, before the node, the operator that gives new tensors instead of writing (add_ -> add, add.out -> add), with
// the same arguments and number of results. Returns null if no such operator exists.
torch::jit::Node* functional_form(torch::jit::Node* write, const std::vector<size_t>& written);

}  // namespace torch_tensorrt::core::lowering::passes
