#pragma once

#include <vector>

#include "torch_tensorrt/core/conversion/conversionctx/ConversionCtx.h"
#include "torch_tensorrt/core/ir/value_tree.h"

namespace torch_tensorrt::core::conversion {

// Marks the tensors that the block returns as the network's outputs, named output_0, output_1, ..., and returns how the
// results are put together of them. Throws Error for a result that is neither a tensor, a number, a string, None, nor a
// tuple or list of them, and where there is neither a tensor nor a number.
std::vector<ir::ValueTree> mark_outputs(ConversionCtx& ctx, const torch::jit::Block* b);

}  // namespace torch_tensorrt::core::conversion
