#pragma once

#include <optional>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/conversion/compile_time.h"
#include "torch_tensorrt/core/lowering/passes/memory_schema.h"

// Facts about single nodes that partitioning needs.
namespace torch_tensorrt::core::partitioning {

using conversion::reads_elements;
using lowering::passes::holds_tensors;

// A tensor, not an optional one.
bool is_tensor(const c10::TypePtr& type);

// An int, float or bool.
bool is_plain_number(const c10::TypePtr& type);

// The arguments that the node writes: tensors, lists, dicts, and objects whose attributes it sets.
std::vector<const torch::jit::Value*> written_values(const torch::jit::Node* node);
// Whether the node, or a node in its blocks, writes memory, raises, prints, or has another effect that must stay in
// order.
bool has_effects(const torch::jit::Node* node);

// The values from outside that the node and its blocks read.
std::vector<torch::jit::Value*> values_read(torch::jit::Node* node);

// The answer of prim::device, is_cuda and is_cpu for a tensor on the device; unset for other nodes.
std::optional<c10::IValue> known_device_fact(const torch::jit::Node* node, c10::Device device);
// Whether the node only moves a tensor to a device: x.cpu(), x.cuda().
bool moves_only(const torch::jit::Node* node);
// Sets the arguments of the type Device of a node that makes tensors. Others ask about the device.
void put_device(const torch::jit::Node* node, std::vector<c10::IValue>& arguments, c10::Device device);

// Whether the node fails because the floating dtypes of its tensors differ. Meta tensors do not tell.
bool refuses_mixed_floats(const torch::jit::Node* node, const std::vector<c10::IValue>& inputs);

}  // namespace torch_tensorrt::core::partitioning
