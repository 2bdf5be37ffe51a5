#include "torch_tensorrt/core/optimizer/fusion/epilogue.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::ElementWiseOperation;
using network::IElementWiseLayer;

bool no_operand(const network::ITensor&, const network::ILayer&) { return false; }

bool is_arithmetic(const IElementWiseLayer& layer) {
  const auto operation = layer.getOperation();
  return operation == ElementWiseOperation::kSUM || operation == ElementWiseOperation::kPROD ||
         operation == ElementWiseOperation::kSUB || operation == ElementWiseOperation::kDIV;
}

// Before: a sum, product, difference or quotient, then an activation as its only reader.
// After: the element-wise layer with the activation in its epilogue.
class FuseElementwiseActivation final : public Pass {
 public:
  const char* name() const override { return "fuse-elementwise-activation"; }

  bool run(network::INetworkDefinition& network, const PassContext& context) const override {
    network::Rewriter rewriter(network);
    bool changed = false;
    for (auto* layer : layer_snapshot(network)) {
      if (!alive(network, layer)) continue;
      auto* elementwise = network::layer_cast<IElementWiseLayer>(layer);
      if (elementwise == nullptr || !is_arithmetic(*elementwise)) continue;
      changed |= fuse_readers(rewriter, *elementwise, elementwise->mutable_epilogue(), context, no_operand);
    }
    return changed;
  }
};

}  // namespace

std::unique_ptr<Pass> make_fuse_elementwise_activation() { return std::make_unique<FuseElementwiseActivation>(); }

}  // namespace torch_tensorrt::optimizer
