#pragma once

#include "torch/csrc/jit/api/module.h"

// Brings the tensors of a module and of its methods to the device of the engines.
namespace torch_tensorrt::core::lowering {

// The module itself if its tensors are on the device, else a copy with tensors of its own there, also in lists, tuples
// and dicts. What was one tensor or collection stays one.
torch::jit::Module on_device(const torch::jit::Module& module, c10::Device device);

// Whether the module has tensors, or the graph constants, and none of them are on the device.
bool lives_elsewhere(const torch::jit::Module& module, torch::jit::Graph& graph, c10::Device device);

// Lets operators that make tensors on a named device make them on this one. A trace names the device of its example.
void make_on_device(torch::jit::Graph& graph, c10::Device device);

// Moves constants to the device, except those that only new tensors are copied from (passes::mark_fresh).
void move_constants(torch::jit::Graph& graph, c10::Device device);

}  // namespace torch_tensorrt::core::lowering
