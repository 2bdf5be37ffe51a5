#pragma once

#include <functional>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

// What the probe asks about nodes, to know which numbers stay the same and which it can compute.
namespace torch_tensorrt::core::partitioning {

// Asks for a fact that does not vary if it is the same at all points: a rank, a dtype, one size, or the length of a
// list, even if other sizes or the elements vary.
bool asks_for_structure(const torch::jit::Node* node);
using Predicate = std::function<bool(const torch::jit::Value*)>;
// Whether each node that gives a dict keys gives it fixed ones.
bool has_fixed_keys(const torch::jit::Block* block, const Predicate& is_fixed);
// Asks for a fact of a dict that does not vary then if it is the same at all points.
bool asks_for_keys(const torch::jit::Node* node);
// Adds the types of lists and dicts that nodes may change although they are attributes of a module. Such a collection
// may grow in later calls; one that is only replaced is known from what replaces it.
void add_changed_collections(const torch::jit::Block* block, std::vector<c10::TypePtr>& types);
// Whether the node reads elements of a tensor: a search in a list or dict of other values does not.
bool reads_data(const torch::jit::Node* node);
// Whether the node compares the size of an argument with a constant: the ends of the size's range decide for all calls.
bool compares_argument_size(const torch::jit::Node* node);
// Whether the node computes a number from numbers.
bool computes_number(const torch::jit::Node* node);
// Whether the node computes a few numbers that nothing but arithmetic reads, so that nothing writes them.
bool computes_numbers(const torch::jit::Node* node, const std::vector<c10::IValue>& inputs);
// False for tensors without data and for collections that hold tensors.
bool holds_data(const c10::IValue& value);

using Change = std::function<c10::IValue(const c10::IValue&)>;
// Applies the change to the parts of collections.
c10::IValue map_parts(const c10::IValue& value, const Change& change);
// Tensors without data in place of the value's tensors. The value itself if it holds no tensor elsewhere: a collection
// stays the same object.
c10::IValue to_meta(const c10::IValue& value);

// Collections of tensors cannot be compared; they count as different.
bool differ(const c10::IValue& a, const c10::IValue& b);

}  // namespace torch_tensorrt::core::partitioning
