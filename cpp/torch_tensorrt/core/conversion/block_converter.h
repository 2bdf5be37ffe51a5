#pragma once

#include "torch_tensorrt/core/conversion/conversion.h"
#include "torch_tensorrt/core/conversion/converters/NodeConverterRegistry.h"

namespace torch_tensorrt::core::conversion {

// Converts every node of the block, in order, into the context's network. For a known condition, only the taken branch
// is converted, in place; a loop with a known trip count is unrolled.
void convert_nodes(ConversionCtx* ctx, const torch::jit::Block* block);

// The tensor or known value that the graph's value has so far, as an argument. Error if it has none yet.
Var lookup(ConversionCtx* ctx, const torch::jit::Value* value, const torch::jit::Node* user);

// Whether both branches of a prim::If only compute numbers. Then both are computed, and a select picks the result.
bool can_pick(const torch::jit::Node* n);

// Whether the node has no meaning for an engine.
bool is_ignored(const torch::jit::Node* n);

// Throws Error if PyTorch would refuse a number argument of the node together with these tensor dtypes: a number that
// the dtype cannot hold, or a negative power of integers. Runs PyTorch's own operator on small tensors to find out.
// Numbers that PyTorch wraps around are no error.
void check_numbers(const torch::jit::Node* n, const converters::args& args);

}  // namespace torch_tensorrt::core::conversion
