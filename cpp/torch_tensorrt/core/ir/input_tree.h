#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ATen/core/function_schema.h"

#include "torch_tensorrt/core/ir/inputs.h"
#include "torch_tensorrt/core/util/decision.h"

// What the user gives for the arguments of a method, matched with the method's signature.
namespace torch_tensorrt::core::ir {

// The tree of a nest of tuples, lists, dicts, Inputs and values. Throws Error for anything else.
InputTree input_tree(const torch::jit::IValue& value);

// All Inputs of the tree, in order. The second form gives those of a tree that may be changed.
std::vector<Input> inputs_of(const InputTree& tree);
void for_each_input(InputTree& tree, const std::function<void(Input&)>& visit);

// How an argument of a method is known: the user gave its tree; the user gave none, and it always has its default
// (an optional tensor is None then); or each call gives a value.
struct BoundArgument {
  enum class How { kGiven, kDefault, kEachCall };
  How how = How::kEachCall;
  InputTree tree;  // of kGiven and kDefault
};

// Matches what is given with the arguments behind the first, which is the module. Entries are for the arguments in
// order; an argument that holds no tensors is skipped if the next entry is not a value. Throws Error naming the
// argument, what it takes and what is given, if the structures differ.
std::vector<BoundArgument> bind_arguments(const c10::FunctionSchema& schema, const GraphInputs& given);

// Whether one engine can have these arguments: the given ones are the leading ones, and are Inputs, tuples of them and
// lists of Inputs.
Decision fits_one_engine(const c10::FunctionSchema& schema, const std::vector<BoundArgument>& arguments);

// A value of the type with the structure of the tree: `tensor` gives the tensors.
torch::jit::IValue assemble(const InputTree& tree, const c10::TypePtr& type,
                            const std::function<torch::jit::IValue(const Input&)>& tensor);

// The type itself, or T for Optional[T].
c10::TypePtr without_optional(const c10::TypePtr& type);

}  // namespace torch_tensorrt::core::ir
