#include "torch_tensorrt/core/optimizer/fusion/epilogue.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::IMatrixMultiplyLayer;

// Before: matrix product, then bias, residual and activation, each the only reader. After: one layer with an epilogue.
class FuseMatmulEpilogue final : public Pass {
 public:
  const char* name() const override { return "fuse-matmul-epilogue"; }

  bool run(network::INetworkDefinition& network, const PassContext& context) const override {
    network::Rewriter rewriter(network);
    bool changed = false;
    for (auto* layer : layer_snapshot(network)) {
      if (!alive(network, layer)) continue;
      auto* product = network::layer_cast<IMatrixMultiplyLayer>(layer);
      if (product == nullptr) continue;
      changed |= fuse_readers(rewriter, *product, product->mutable_epilogue(), context, is_bias_or_residual);
    }
    return changed;
  }
};

}  // namespace

std::unique_ptr<Pass> make_fuse_matmul_epilogue() { return std::make_unique<FuseMatmulEpilogue>(); }

}  // namespace torch_tensorrt::optimizer
