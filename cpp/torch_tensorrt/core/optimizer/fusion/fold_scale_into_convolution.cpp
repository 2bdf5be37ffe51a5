#include <vector>

#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::ConvolutionBase;
using network::DataType;
using network::IScaleLayer;
using network::LayerType;
using network::Weights;

const float* floats(const Weights& weights) { return static_cast<const float*>(weights.values); }

// The element for a channel; the default where there are no weights, the one element of uniform ones.
double element(const Weights& weights, int64_t channel, double missing) {
  if (weights.count == 0) return missing;
  return floats(weights)[weights.count == 1 ? 0 : channel];
}

bool is_float(const Weights& weights) { return weights.count == 0 || weights.type == DataType::kFLOAT; }

// Before: (de)convolution with constant fp32 weights, read by a scale per channel (a batch norm) only.
// After: the convolution alone; kernel * scale, bias * scale + shift, computed in double.
class FoldScaleIntoConvolution final : public Pass {
 public:
  const char* name() const override { return "fold-scale-into-convolution"; }

  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    network::Rewriter rewriter(network);
    for (auto* layer : layer_snapshot(network)) {
      if (layer->getType() != LayerType::kCONVOLUTION && layer->getType() != LayerType::kDECONVOLUTION) continue;
      while (fold_once(rewriter, static_cast<ConvolutionBase&>(*layer))) {
      }
    }
    return rewriter.changed();
  }

 private:
  static bool fold_once(network::Rewriter& rewriter, ConvolutionBase& convolution) {
    auto* scale = network::layer_cast<IScaleLayer>(only_reader(*convolution.getOutput(0)));
    if (scale == nullptr || !can_fold(convolution, *scale)) return false;
    convolution.setBiasWeights(scaled_bias(rewriter.network(), convolution, *scale));
    convolution.setKernelWeights(scaled_kernel(rewriter.network(), convolution, *scale));
    rewriter.replace_all_uses(*scale->getOutput(0), *convolution.getOutput(0));
    rewriter.erase(*scale);
    rewriter.note_change();
    return true;
  }

  static bool can_fold(const ConvolutionBase& convolution, const IScaleLayer& scale) {
    const bool constant = convolution.getKernelWeights().count > 0 && convolution.own_input_count() == 1;
    const bool fp32 = convolution.getKernelWeights().type == DataType::kFLOAT && is_float(convolution.getBiasWeights()) &&
                      is_float(scale.getScale()) && is_float(scale.getShift());
    const bool per_channel = scale.getMode() == network::ScaleMode::kUNIFORM ||
                             (scale.getMode() == network::ScaleMode::kCHANNEL && scale.getChannelAxis() == 1);
    return constant && fp32 && per_channel && scale.getPower().count == 0 && convolution.epilogue().empty();
  }

  static Weights scaled_bias(network::INetworkDefinition& network, const ConvolutionBase& convolution,
                             const IScaleLayer& scale) {
    const int64_t channels = convolution.getNbOutputMaps();
    auto* bias = static_cast<float*>(network.allocate(channels * static_cast<int64_t>(sizeof(float))));
    for (int64_t c = 0; c < channels; ++c) {
      const double old = element(convolution.getBiasWeights(), c, 0.0);
      bias[c] = static_cast<float>(old * element(scale.getScale(), c, 1.0) + element(scale.getShift(), c, 0.0));
    }
    return {DataType::kFLOAT, bias, channels};
  }

  // Convolution kernels are M, C / groups, k...; deconvolution kernels C, M / groups, k...
  static Weights scaled_kernel(network::INetworkDefinition& network, const ConvolutionBase& convolution,
                               const IScaleLayer& scale) {
    const Weights& old = convolution.getKernelWeights();
    auto* kernel = static_cast<float*>(network.allocate(old.bytes()));
    const bool transposed = convolution.getType() == LayerType::kDECONVOLUTION;
    const int64_t window = convolution.getKernelSizeNd().volume();
    const int64_t maps = convolution.getNbOutputMaps();
    const int64_t groups = convolution.getNbGroups();
    const int64_t columns = transposed ? maps / groups : old.count / (maps * window);
    const int64_t rows = old.count / (columns * window);
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t group = row / (rows / groups);
      for (int64_t column = 0; column < columns; ++column) {
        const double factor = element(scale.getScale(), transposed ? group * columns + column : row, 1.0);
        const int64_t begin = (row * columns + column) * window;
        for (int64_t i = begin; i < begin + window; ++i) {
          kernel[i] = static_cast<float>(static_cast<double>(floats(old)[i]) * factor);
        }
      }
    }
    return {DataType::kFLOAT, kernel, old.count};
  }
};

}  // namespace

std::unique_ptr<Pass> make_fold_scale_into_convolution() { return std::make_unique<FoldScaleIntoConvolution>(); }

}  // namespace torch_tensorrt::optimizer
