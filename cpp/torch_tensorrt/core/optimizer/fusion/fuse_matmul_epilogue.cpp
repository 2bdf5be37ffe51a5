#include "torch_tensorrt/core/optimizer/fusion/epilogue.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::IMatrixMultiplyLayer;

// A constant that is broadcast to the result (a bias), or a tensor of the result's dims (a residual).
bool is_bias_or_residual(const network::ITensor& operand, const network::ILayer& layer) {
  const auto result = layer.getOutput(0)->getDimensions();
  if (is_constant(&operand)) return broadcasts_into(operand.getDimensions(), result);
  if (operand.getDimensions() != result) return false;
  const auto* other = operand.producer();
  const bool rival = other->getType() == network::LayerType::kMATRIX_MULTIPLY && only_reader(operand) != nullptr;
  return !rival || position_of(*other) < position_of(layer);
}

// Before: matrix product, then bias, residual and activation, each the only reader. After: one layer with an epilogue.
class FuseMatmulEpilogue final : public Pass {
 public:
  const char* name() const override { return "fuse-matmul-epilogue"; }

  bool run(network::INetworkDefinition& network, const PassContext& context) const override {
    network::Rewriter rewriter(network);
    for (auto* layer : layer_snapshot(network)) {
      if (!alive(network, layer)) continue;
      auto* product = network::layer_cast<IMatrixMultiplyLayer>(layer);
      if (product == nullptr) continue;
      fuse_readers(rewriter, *product, product->mutable_epilogue(), context, is_bias_or_residual);
    }
    return rewriter.changed();
  }
};

}  // namespace

std::unique_ptr<Pass> make_fuse_matmul_epilogue() { return std::make_unique<FuseMatmulEpilogue>(); }

}  // namespace torch_tensorrt::optimizer
