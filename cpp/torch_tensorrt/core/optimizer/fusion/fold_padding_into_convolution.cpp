#include <optional>

#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::Dims;
using network::IConvolutionLayer;
using network::ISliceLayer;

struct Padding {
  Dims pre;
  Dims post;
};

// Zeros around the spatial dimensions only; empty if the slice does anything else.
std::optional<Padding> read_padding(const ISliceLayer& slice) {
  const bool fills_zeros =
      slice.getMode() == network::SampleMode::kFILL && slice.getFillValue() == 0.0 && slice.getNbInputs() == 1;
  if (!fills_zeros) return std::nullopt;
  const Dims in = slice.getInput(0)->getDimensions();
  Padding padding;
  for (int32_t i = 0; i < in.nbDims; ++i) {
    const int64_t pre = -slice.getStart().d[i];
    const bool whole = slice.getSize().d[i] == -1;
    if (slice.getStride().d[i] != 1 || (!whole && in.d[i] == -1)) return std::nullopt;
    const int64_t post = whole ? 0 : slice.getSize().d[i] - in.d[i] - pre;
    const bool is_spatial = i >= 2;
    if (pre < 0 || post < 0 || (!is_spatial && (pre != 0 || post != 0))) return std::nullopt;
    if (!is_spatial) continue;
    padding.pre.d[padding.pre.nbDims++] = pre;
    padding.post.d[padding.post.nbDims++] = post;
  }
  return padding;
}

Dims sum(const Dims& own, const Dims& more) {
  Dims result = more;
  for (int32_t i = 0; i < more.nbDims; ++i) result.d[i] += own.nbDims == 0 ? 0 : own.d[i];
  return result;
}

// Before: a slice that puts zeros around the spatial dimensions, read by a convolution.
// After: the convolution reads the slice's input and has that much more padding.
class FoldPaddingIntoConvolution final : public Pass {
 public:
  const char* name() const override { return "fold-padding-into-convolution"; }

  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    network::Rewriter rewriter(network);
    for (auto* layer : layer_snapshot(network)) {
      if (!alive(network, layer)) continue;
      auto* convolution = network::layer_cast<IConvolutionLayer>(layer);
      while (convolution != nullptr && fold(rewriter, *convolution)) {
      }
    }
    return rewriter.changed();
  }

 private:
  static bool fold(network::Rewriter& rewriter, IConvolutionLayer& convolution) {
    auto* slice = network::layer_cast<ISliceLayer>(convolution.getInput(0)->producer());
    if (slice == nullptr || convolution.getPaddingMode() != network::PaddingMode::kEXPLICIT_ROUND_DOWN) return false;
    const auto padding = read_padding(*slice);
    if (!padding) return false;
    convolution.setPrePadding(sum(convolution.getPrePadding(), padding->pre));
    convolution.setPostPadding(sum(convolution.getPostPadding(), padding->post));
    rewriter.set_input(convolution, 0, *slice->getInput(0));
    rewriter.erase_if_dead(*slice);
    return true;
  }
};

}  // namespace

std::unique_ptr<Pass> make_fold_padding_into_convolution() { return std::make_unique<FoldPaddingIntoConvolution>(); }

}  // namespace torch_tensorrt::optimizer
