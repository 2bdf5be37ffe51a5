#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

// Rewrites of TorchScript graphs, one a file. All of them descend into blocks, and say whether they changed anything.
// What is marked for PyTorch to run (lowering::kToCompile) they leave as it is.
namespace torch_tensorrt::core::lowering::passes {

using GraphPtr = std::shared_ptr<torch::jit::Graph>;

// The module that is the graph's first input -> inputs at the end for the attributes that are read of it and its
// submodules; gives their values. Throws Error where the module is written, or used otherwise.
std::vector<torch::jit::IValue> lower_attributes(const GraphPtr& graph, const torch::jit::IValue& module);
// Parameters, constants and the tensors that operators make from known values -> the CPU, where lowering and conversion
// evaluate them; a module on a GPU may hold constants of either device. The device of the engine is a setting of its
// own.
bool move_constants_to_cpu(const GraphPtr& graph, std::vector<torch::jit::IValue>& params);
// Parts that unsafe_chunk and unsafe_split give of a tensor that nothing else reads -> copies of them: cells of
// recurrent networks, traced, write to theirs.
bool separate_chunks(const GraphPtr& graph);
// A traced call of a torch.autograd.Function -> what the call does.
bool inline_python_functions(const GraphPtr& graph);
// Throws Refused where a node writes the memory of one of the graph's inputs from `first` on, which are attributes of
// the module, or a part of it. Changes nothing.
void refuse_writes_of_state(const GraphPtr& graph, size_t first, const std::vector<torch::jit::IValue>& values);
// Operators that write in place -> operators that give new tensors, whose readers are those of everything that shares
// the written memory: y[0].add_(1) -> y = select_scatter(y, add(select(y, 0, 0), 1), 0, 0). What is written of a tensor
// that the caller gives is copied into it at the end (aten::copy_). Throws Refused where it is not known what shares
// the memory.
bool write_through_views(const GraphPtr& graph);
// Operators of constants -> constants, but for fake quantization: a backend that computes in int8 looks for that of
// weights, and others fold it later.
void propagate_constants(const GraphPtr& graph);
// An If of which one branch can only raise -> the other branch. Where conversion may come to know the condition, an If
// that only raises stays before it.
bool remove_exceptions(const GraphPtr& graph);
// warn(...), and the Ifs that do nothing else -> nothing
bool remove_warnings(const GraphPtr& graph);
// with torch.no_grad(): y = f(x) -> y = f(x), and so for torch.autocast(enabled=False). Throws Error for one that
// casts.
bool remove_gradient_modes(const GraphPtr& graph);
// dropout(x, p, False) -> x, for every kind of dropout, and for p = 0.
bool remove_dropout(const GraphPtr& graph);
// contiguous(x), detach(x), and others that keep every element -> x.
bool remove_no_ops(const GraphPtr& graph);
// Second names of an operator -> its first: multiply -> mul, true_divide -> div, view -> reshape, tile -> repeat.
bool replace_aliases(const GraphPtr& graph);
// type_as(x, y) -> to(x, y)
bool replace_type_as(const GraphPtr& graph);
// conv{1,2,3}d, conv_transpose{1,2,3}d -> _convolution
bool replace_convolutions(const GraphPtr& graph);
// Int(NumToTensor(a) * NumToTensor(b)) -> a * b, as traced graphs compute with sizes.
bool remove_number_round_trips(const GraphPtr& graph);
// A single tuple or list of tensors as result -> several results (top block only, where results are).
bool flatten_outputs(const GraphPtr& graph);
// The last graph inputs, those that `params` has the values of -> constants, where a constant can hold the value.
// What is left in `params` belongs to the inputs that are left.
bool fold_parameters(const GraphPtr& graph, std::vector<torch::jit::IValue>& params);
// Marks the nodes that come from a module of one of the classes (see lowering::kToCompile).
bool mark_forced_modules(const GraphPtr& graph, const std::vector<std::string>& class_names);
// Marks the nodes of the operators.
bool mark_forced_operators(const GraphPtr& graph, const std::vector<std::string>& operators);

}  // namespace torch_tensorrt::core::lowering::passes
