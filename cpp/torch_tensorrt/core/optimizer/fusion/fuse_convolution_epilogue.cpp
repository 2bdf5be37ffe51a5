#include "torch_tensorrt/core/optimizer/fusion/epilogue.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

// Before: (de)convolution, then activations, and sums and products with a residual of the same dims, each the only
// reader. After: the convolution has them in its epilogue and stands behind the residual. The bias stays a weight.
class FuseConvolutionEpilogue final : public Pass {
 public:
  const char* name() const override { return "fuse-convolution-epilogue"; }

  bool run(network::INetworkDefinition& network, const PassContext& context) const override {
    network::Rewriter rewriter(network);
    bool changed = false;
    for (auto* layer : layer_snapshot(network)) {
      if (!alive(network, layer) || !is_convolution(*layer)) continue;
      auto& convolution = static_cast<network::ConvolutionBase&>(*layer);
      changed |= fuse_readers(rewriter, convolution, convolution.mutable_epilogue(), context, is_bias_or_residual);
    }
    return changed;
  }
};

}  // namespace

std::unique_ptr<Pass> make_fuse_convolution_epilogue() { return std::make_unique<FuseConvolutionEpilogue>(); }

}  // namespace torch_tensorrt::optimizer
