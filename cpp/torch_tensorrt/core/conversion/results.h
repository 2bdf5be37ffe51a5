#pragma once

#include <vector>

#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"
#include "torch_tensorrt/core/ir/value_tree.h"

namespace torch_tensorrt::core::conversion {

// Marks the tensors that the block returns as the network's outputs, named output_0, output_1, ..., and returns how to
// assemble the results from them. Throws Error for a result other than a tensor, number, string, None, tuple or list of
// these, and if the results contain neither a tensor nor a number.
std::vector<ir::ValueTree> mark_outputs(ConversionCtx& ctx, const torch::jit::Block* b);

}  // namespace torch_tensorrt::core::conversion
