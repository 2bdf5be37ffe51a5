#include "torch_tensorrt/core/optimizer/fusion/epilogue.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::ILayer;
using network::ITensor;
using network::LayerType;

bool is_convolution(const ILayer& layer) {
  return layer.getType() == LayerType::kCONVOLUTION || layer.getType() == LayerType::kDECONVOLUTION;
}

// A residual: same dims as the result. Where both operands are convolutions nobody else reads, the later one takes the
// addition; the earlier one would have to move behind it.
bool is_residual(const ITensor& operand, const ILayer& layer) {
  if (operand.getDimensions() != layer.getOutput(0)->getDimensions() || is_constant(&operand)) return false;
  const ILayer& other = *operand.producer();
  if (!is_convolution(other) || only_reader(operand) == nullptr) return true;
  return position_of(other) < position_of(layer);
}

// Before: (de)convolution, then activations and additions of a tensor of the same dims, each the only reader.
// After: the convolution with them in its epilogue.
class FuseConvolutionEpilogue final : public Pass {
 public:
  const char* name() const override { return "fuse-convolution-epilogue"; }

  bool run(network::INetworkDefinition& network, const PassContext& context) const override {
    network::Rewriter rewriter(network);
    for (auto* layer : layer_snapshot(network)) {
      if (!alive(network, layer) || !is_convolution(*layer)) continue;
      auto& convolution = static_cast<network::ConvolutionBase&>(*layer);
      fuse_readers(rewriter, convolution, convolution.mutable_epilogue(), context, is_residual);
    }
    return rewriter.changed();
  }
};

}  // namespace

std::unique_ptr<Pass> make_fuse_convolution_epilogue() { return std::make_unique<FuseConvolutionEpilogue>(); }

}  // namespace torch_tensorrt::optimizer
