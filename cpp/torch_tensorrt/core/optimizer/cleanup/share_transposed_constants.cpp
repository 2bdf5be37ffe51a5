#include <algorithm>
#include <cstring>
#include <vector>

#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::IConstantLayer;
using network::ILayer;
using network::IMatrixMultiplyLayer;
using network::ITensor;
using network::MatrixOperation;

bool is_matrix(const IConstantLayer& layer) {
  const network::Dims dims = layer.getOutput(0)->getDimensions();
  return dims.nbDims == 2 && dims.d[0] > 1 && dims.d[1] > 1 && layer.getWeights().count == dims.volume();
}

bool are_transposes(const IConstantLayer& a, const IConstantLayer& b) {
  const network::Dims dims = a.getOutput(0)->getDimensions();
  const network::Dims other = b.getOutput(0)->getDimensions();
  if (a.getWeights().type != b.getWeights().type || dims.d[0] != other.d[1] || dims.d[1] != other.d[0]) return false;
  const auto size = static_cast<size_t>(network::element_size(a.getWeights().type));
  const auto* elements_a = static_cast<const char*>(a.getWeights().values);
  const auto* elements_b = static_cast<const char*>(b.getWeights().values);
  const auto rows = static_cast<size_t>(dims.d[0]);
  const auto columns = static_cast<size_t>(dims.d[1]);
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < columns; ++j) {
      if (std::memcmp(elements_a + (i * columns + j) * size, elements_b + (j * rows + i) * size, size) != 0)
        return false;
    }
  }
  return true;
}

// Only matrix products, as they can transpose an operand themselves.
bool is_read_by_products(const ITensor& matrix) {
  if (matrix.isNetworkOutput()) return false;
  return std::all_of(matrix.consumers().begin(), matrix.consumers().end(), [&](const ILayer* reader) {
    const auto* product = network::layer_cast<IMatrixMultiplyLayer>(reader);
    for (int32_t i = 0; product != nullptr && i < product->getNbInputs(); ++i) {
      if (product->getInput(i) != &matrix) continue;
      if (i > 1 || product->getOperation(i) == MatrixOperation::kVECTOR) return false;
    }
    return product != nullptr;
  });
}

// Before: two constant matrices, one the transpose of the other and read only by matrix products (a tied embedding
// whose transpose was computed).
// After: the products read the other one and transpose it.
class ShareTransposedConstants final : public Pass {
 public:
  const char* name() const override { return "share-transposed-constants"; }

  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    network::Rewriter rewriter(network);
    std::vector<IConstantLayer*> matrices;
    for (ILayer* layer : layer_snapshot(network)) {
      auto* constant = network::layer_cast<IConstantLayer>(layer);
      if (constant == nullptr || !is_matrix(*constant)) continue;
      const auto is_twin = [&](IConstantLayer* other) { return are_transposes(*other, *constant); };
      const auto twin = std::find_if(matrices.begin(), matrices.end(), is_twin);
      if (twin == matrices.end()) {
        matrices.push_back(constant);
      } else if (is_read_by_products(*constant->getOutput(0))) {
        replace(rewriter, *constant, **twin);
      } else if (is_read_by_products(*(*twin)->getOutput(0))) {
        rewriter.move_before(*constant, **twin);
        replace(rewriter, **twin, *constant);
        *twin = constant;
      }
    }
    return rewriter.changed();
  }

 private:
  static void replace(network::Rewriter& rewriter, IConstantLayer& gone, IConstantLayer& kept) {
    const std::vector<ILayer*> readers(gone.getOutput(0)->consumers().begin(), gone.getOutput(0)->consumers().end());
    for (ILayer* reader : readers) {
      auto& product = static_cast<IMatrixMultiplyLayer&>(*reader);
      for (int32_t i = 0; i < 2; ++i) {
        if (product.getInput(i) != gone.getOutput(0)) continue;
        const bool was_plain = product.getOperation(i) == MatrixOperation::kNONE;
        product.setOperation(i, was_plain ? MatrixOperation::kTRANSPOSE : MatrixOperation::kNONE);
        rewriter.set_input(product, i, *kept.getOutput(0));
      }
    }
    rewriter.erase_if_dead(gone);
  }
};

}  // namespace

std::unique_ptr<Pass> make_share_transposed_constants() { return std::make_unique<ShareTransposedConstants>(); }

}  // namespace torch_tensorrt::optimizer
