#pragma once

#include "torch_tensorrt/core/conversion/conversion.h"
#include "torch_tensorrt/core/conversion/converters/converters.h"

namespace torch_tensorrt::core::conversion {

// Converts every node of the block, in order, into the context's network. A branch whose condition is known is
// converted as if it stood there, a loop whose trip count is known is unrolled.
void convert_nodes(ConversionCtx* ctx, const torch::jit::Block* block);

// The value as an argument: what the graph's value stands for so far. Error when it stands for nothing.
Var lookup(ConversionCtx* ctx, const torch::jit::Value* value, const torch::jit::Node* user);

// Whether both branches of a prim::If only compute numbers: then both are computed, and the condition picks.
bool can_pick(const torch::jit::Node* n);

// Kinds of nodes that mean nothing to an engine.
bool is_ignored(const torch::jit::Node* n);

}  // namespace torch_tensorrt::core::conversion
