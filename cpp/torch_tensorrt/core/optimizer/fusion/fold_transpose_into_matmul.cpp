#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::IMatrixMultiplyLayer;
using network::IShuffleLayer;
using network::MatrixOperation;

// Whether the layer swaps the last two dimensions and does nothing else.
bool swaps_last_two(const IShuffleLayer& layer) {
  const int32_t rank = layer.getInput(0)->getDimensions().nbDims;
  if (!is_plain_transpose(layer) || rank < 2) return false;
  network::Permutation swap;
  swap.order[rank - 2] = rank - 1;
  swap.order[rank - 1] = rank - 2;
  return network::is_identity(compose(whole_transpose(layer), swap, rank), rank);
}

// Before: an operand of a matrix product is the transpose of its last two dimensions.
// After: the product reads the untransposed operand and transposes it itself.
class FoldTransposeIntoMatmul final : public Pass {
 public:
  const char* name() const override { return "fold-transpose-into-matmul"; }

  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    network::Rewriter rewriter(network);
    for (auto* layer : layer_snapshot(network)) {
      if (!alive(network, layer)) continue;
      auto* product = network::layer_cast<IMatrixMultiplyLayer>(layer);
      for (int32_t i = 0; product != nullptr && i < 2; ++i) {
        while (fold(rewriter, *product, i)) {
        }
      }
    }
    return rewriter.changed();
  }

 private:
  static bool fold(network::Rewriter& rewriter, IMatrixMultiplyLayer& product, int32_t operand) {
    const MatrixOperation operation = product.getOperation(operand);
    auto* shuffle = network::layer_cast<IShuffleLayer>(product.getInput(operand)->producer());
    if (shuffle == nullptr || operation == MatrixOperation::kVECTOR || !swaps_last_two(*shuffle)) return false;
    const bool was_plain = operation == MatrixOperation::kNONE;
    product.setOperation(operand, was_plain ? MatrixOperation::kTRANSPOSE : MatrixOperation::kNONE);
    rewriter.set_input(product, operand, *shuffle->getInput(0));
    rewriter.erase_if_dead(*shuffle);
    return true;
  }
};

}  // namespace

std::unique_ptr<Pass> make_fold_transpose_into_matmul() { return std::make_unique<FoldTransposeIntoMatmul>(); }

}  // namespace torch_tensorrt::optimizer
