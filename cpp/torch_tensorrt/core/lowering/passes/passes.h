#pragma once

#include <memory>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

// Rewrites of TorchScript graphs, one kind per file. Each pass descends into blocks and returns whether it changed
// anything. Passes do not change nodes that are marked for PyTorch (lowering::kToCompile).
namespace torch_tensorrt::core::lowering::passes {

using GraphPtr = std::shared_ptr<torch::jit::Graph>;

// Replaces the module, the graph's first input, by inputs at the end for the attributes that the graph reads from it or
// its submodules. Returns their values. Throws Error if the graph writes to the module or uses it in another way.
std::vector<torch::jit::IValue> lower_attributes(const GraphPtr& graph, const torch::jit::IValue& module);
// Moves parameters, constants and tensors made from known values to the CPU, where lowering and conversion evaluate
// them. A module on a GPU may hold constants on either device. The device of the engine is a separate
// setting.
bool move_constants_to_cpu(const GraphPtr& graph, std::vector<torch::jit::IValue>& params);
// Copies the parts that unsafe_chunk and unsafe_split give of a tensor without other readers. Traced cells of recurrent
// networks write to such parts.
bool separate_chunks(const GraphPtr& graph);
// Replaces operators whose schemas do not say that their results are views by the operators that do (meshgrid).
bool show_views(const GraphPtr& graph);
// Replaces the fused observers and fake quantizations of torch.ao by the fake quantization alone if the observer is
// off. `module` is the graph's first input. A graph with such observers that are on writes their ranges.
bool replace_idle_observers(const GraphPtr& graph, const torch::jit::IValue& module);
// Replaces a traced call of a torch.autograd.Function by the body of the call.
bool inline_python_functions(const GraphPtr& graph);
// Throws Refused if a node writes the memory, or a part, of the graph inputs from `first` on. These inputs are the
// module's attributes. Changes nothing.
void refuse_writes_of_state(const GraphPtr& graph, size_t first, const std::vector<torch::jit::IValue>& values);
// Paths ("norm.running_mean") of the attributes that the graph may write, in itself or through memory that they share.
// `module` is the graph's first input.
std::set<std::string> written_attributes(const GraphPtr& graph, const torch::jit::IValue& module);
// Replaces reads of the module's other attributes by constants, if a constant can hold the value.
bool fold_attributes(const GraphPtr& graph, const torch::jit::IValue& module, const std::set<std::string>& written);
// Replaces operators that write in place by operators that give new tensors, and redirects all readers of the written
// memory: y[0].add_(1) -> y = select_scatter(y, add(select(y, 0, 0), 1), 0, 0). For a tensor that the caller passes,
// adds a copy of the new value into it at the end (aten::copy_). Throws Refused if it is unknown which values share
// the memory.
bool write_through_views(const GraphPtr& graph);
// Evaluates operators of constants, except fake quantization: a backend that computes in int8 looks for the fake
// quantization of weights, and other backends fold it later.
void propagate_constants(const GraphPtr& graph);
// Whether conversion can know the value, because it depends only on numbers, and on sizes and dtypes of tensors.
bool may_be_known(const torch::jit::Value* value);
// Replaces an If with one branch that can only raise by the other branch. If conversion may learn the condition, keeps
// an If that only raises before it.
bool remove_exceptions(const GraphPtr& graph);
// Removes warn(...) and Ifs that do nothing else.
bool remove_warnings(const GraphPtr& graph);
// with torch.no_grad(): y = f(x) -> y = f(x), also for torch.autocast(enabled=False). Throws Error for an autocast that
// is enabled.
bool remove_gradient_modes(const GraphPtr& graph);
// Whether the node asks for autocast or the recording of gradients. Compiled modules are called without both, whatever
// holds while compiling.
bool asks_for_mode(const torch::jit::Node* node);
// Whether the node enters or leaves a block that changes what operators compute: one of torch.autocast that is enabled.
bool casts_in_block(const torch::jit::Node* node);
// The nodes in such blocks, without those that enter and leave the outermost ones. They keep their places and values.
std::unordered_set<const torch::jit::Node*> nodes_in_casting_blocks(const torch::jit::Block* block);
// Replaces the attributes of an object of a class that the graph makes, fills once and only reads by their values.
bool replace_objects(const GraphPtr& graph);
// dropout(x, p, False) -> x, for every kind of dropout, and also for p = 0.
bool remove_dropout(const GraphPtr& graph);
// contiguous(x), detach(x) and other operators that keep every element -> x.
bool remove_no_ops(const GraphPtr& graph);
// Renames an operator's aliases: multiply -> mul, true_divide -> div, view -> reshape, tile -> repeat.
bool replace_aliases(const GraphPtr& graph);
// type_as(x, y) -> to(x, y)
bool replace_type_as(const GraphPtr& graph);
// conv{1,2,3}d, conv_transpose{1,2,3}d -> _convolution
bool replace_convolutions(const GraphPtr& graph);
// Int(NumToTensor(a) * NumToTensor(b)) -> a * b. Traced graphs compute with sizes in this way.
bool remove_number_round_trips(const GraphPtr& graph);
// Replaces a single tuple or list of tensors as result by several results (in the top block only).
bool flatten_outputs(const GraphPtr& graph);
// Replaces the last graph inputs, whose values are in `params`, by constants if a constant can hold the value. Leaves
// the values of the remaining inputs in `params`.
bool fold_parameters(const GraphPtr& graph, std::vector<torch::jit::IValue>& params);
// Inlines all calls, and marks the nodes that come from the listed modules (see lowering::kToCompile). `modules`:
// qualified class names ("torch.nn.modules.linear.Linear"), and paths of submodules ("encoder.layers.0"). Returns the
// names that the graph does not use.
std::vector<std::string> inline_calls(torch::jit::Graph& graph, const std::vector<std::string>& modules);
// Marks the nodes of the operators.
bool mark_forced_operators(const GraphPtr& graph, const std::vector<std::string>& operators);

}  // namespace torch_tensorrt::core::lowering::passes
