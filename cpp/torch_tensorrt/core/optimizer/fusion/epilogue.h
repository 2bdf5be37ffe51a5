#pragma once

#include <functional>

#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/pass.h"

// Common parts of the epilogue fusions.
namespace torch_tensorrt::optimizer {

// Whether the other operand of an element-wise reader may become an operand of the layer's epilogue.
using OperandRule = std::function<bool(const network::ITensor& operand, const network::ILayer& layer)>;

// Moves the only reader of the layer's output into its epilogue, repeatedly, while the reader is an activation, or a
// sum or product whose other operand the rule admits, and the target can run the result. Floats only. The layer moves
// behind its new operands. True if any reader was fused.
bool fuse_readers(network::Rewriter& rewriter, network::ILayer& layer, network::Epilogue& epilogue,
                  const PassContext& context, const OperandRule& rule);

// True for a constant that broadcasts to the result (a bias), and for a tensor that always has the result's dims (a
// residual). Unknown dims that may differ do not count: either tensor may be broadcast to the other. If two layers of
// one kind without other readers are added, only the later one takes the addition: the earlier one would have to move
// behind it.
bool is_bias_or_residual(const network::ITensor& operand, const network::ILayer& layer);

}  // namespace torch_tensorrt::optimizer
