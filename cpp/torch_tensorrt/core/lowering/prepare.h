#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/lowering/lowering.h"

// Makes a module ready to be cut into engines and parts for PyTorch.
namespace torch_tensorrt::core::lowering {

// Warns of a module that a user compiles in training mode: lowering copies it into evaluation mode.
void warn_of_training(const torch::jit::Module& module);

// A copy in evaluation mode that shares the parameters and has training flags of its own.
torch::jit::Module evaluation_copy(const torch::jit::Module& module);

// A copy of the module, in evaluation mode, in which each of the listed methods is one graph that PyTorch can run. It
// computes and writes what the module's method does, and has its signature. Attributes that no method writes are
// constants of these graphs; the others stay attributes, and the copy has tensors of its own for them. Other methods
// stay as they are. Nodes that the settings leave to PyTorch are marked. Tensors and constants are on the device.
// Throws Error if a method is no single graph.
torch::jit::Module prepare(const torch::jit::Module& module, const std::vector<std::string>& method_names,
                           const LowerInfo& info, c10::Device device);

// Propagates constants through a prepared graph, replaces writes in place where all readers are known, and removes dead
// code. PyTorch can run the graph as before.
void simplify(std::shared_ptr<torch::jit::Graph>& graph);

// relu_(x) -> relu(x) where nothing else has the memory of x, also in graphs with dicts and state. Only writes that the
// user did not leave to PyTorch, and whose form without a write gives the same shape and dtype. Returns whether the
// graph changed.
bool replace_lone_writes(const std::shared_ptr<torch::jit::Graph>& graph,
                         const std::function<bool(const torch::jit::Node*)>& keeps_shape_and_dtype);

// The graphs, without calls, of the module's other methods that set attributes or write, by name.
std::map<std::string, std::shared_ptr<torch::jit::Graph>> other_methods_with_state(const torch::jit::Module& module,
                                                                                   const std::string& method_name);

// Removes the submodules and attributes that none of the prepared methods uses, except those of the names in `kept`.
// Does nothing if the module has other methods, which may use them.
void remove_unused_attributes(torch::jit::Module& module, const std::vector<std::string>& method_names,
                              const std::set<std::string>& kept = {});

}  // namespace torch_tensorrt::core::lowering
