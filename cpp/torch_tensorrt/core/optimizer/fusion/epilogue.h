#pragma once

#include <functional>

#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/pass.h"

// What the epilogue fusions share.
namespace torch_tensorrt::optimizer {

// Whether the other operand of an element-wise reader may become an operand of the layer's epilogue.
using OperandRule = std::function<bool(const network::ITensor& operand, const network::ILayer& layer)>;

// Takes the only reader of the layer's output into its epilogue, again and again, as long as the reader is an
// activation, or a sum or product whose other operand the rule admits, and the target can run the result. Floats only.
// The layer moves behind the operands that it gets. True when anything was taken.
bool fuse_readers(network::Rewriter& rewriter, network::ILayer& layer, network::Epilogue& epilogue,
                  const PassContext& context, const OperandRule& rule);

// A constant that is broadcast to the result (a bias), or a tensor that has the result's dims in every run (a
// residual): one whose sizes are unknown as well may be broadcast, or have the result broadcast to it. Where two layers
// of one kind that nobody else reads are added, the later one takes the addition: the earlier one would have to move
// behind it.
bool is_bias_or_residual(const network::ITensor& operand, const network::ILayer& layer);

}  // namespace torch_tensorrt::optimizer
