#pragma once

#include <functional>

#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/pass.h"

// What the epilogue fusions share.
namespace torch_tensorrt::optimizer {

// Whether the other operand of an element-wise reader may become an operand of the layer's epilogue.
using OperandRule = std::function<bool(const network::ITensor& operand, const network::ILayer& layer)>;

// Takes the only reader of the layer's output into its epilogue, again and again, as long as the reader is an activation,
// or a sum or product whose other operand the rule admits, and the target can run the result.
void fuse_readers(network::Rewriter& rewriter, network::ILayer& layer, network::Epilogue& epilogue,
                  const PassContext& context, const OperandRule& rule);

}  // namespace torch_tensorrt::optimizer
