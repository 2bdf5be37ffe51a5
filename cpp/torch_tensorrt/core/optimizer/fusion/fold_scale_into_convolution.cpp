#include <cmath>
#include <vector>

#include "torch_tensorrt/core/network/host/evaluate_elements.h"
#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/fusion/channel_affine.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::ConvolutionBase;
using network::DataType;
using network::LayerType;
using network::Weights;

bool has_plain_weights(const ConvolutionBase& convolution) {
  const Weights& kernel = convolution.getKernelWeights();
  const Weights& bias = convolution.getBiasWeights();
  return kernel.count > 0 && convolution.getNbInputs() == 1 && network::is_floating_point(kernel.type) &&
         network::has_elements(kernel.type) && network::has_elements(bias.type);
}

// Runs of kernel elements that belong to one output map. Convolution kernels are M, C / groups, k...; deconvolution
// kernels C, M / groups, k...
struct KernelRuns {
  int64_t length = 1;
  int64_t maps_a_group = 1;
  int64_t runs_a_group = 1;
  bool is_transposed = false;

  explicit KernelRuns(const ConvolutionBase& convolution)
      : is_transposed(convolution.getType() == LayerType::kDECONVOLUTION) {
    const int64_t count = convolution.getKernelWeights().count;
    const int64_t maps = convolution.getNbOutputMaps();
    length = is_transposed ? convolution.getKernelSizeNd().volume() : count / maps;
    maps_a_group = maps / convolution.getNbGroups();
    runs_a_group = count / length / convolution.getNbGroups();
  }

  int64_t map_of(int64_t run) const {
    return is_transposed ? run / runs_a_group * maps_a_group + run % maps_a_group : run;
  }
};

// Computes new weights of the network; empty if an element is too large for the dtype.
template <typename F>
std::optional<Weights> make_weights(network::INetworkDefinition& network, DataType type, int64_t count, F element) {
  Weights weights{type, nullptr, count};
  void* values = network.allocate(weights.bytes());
  weights.values = values;
  for (int64_t i = 0; i < count; ++i) {
    const double value = element(i);
    network::store_double(type, values, i, value);
    if (std::isfinite(network::load_double(type, values, i)) || !std::isfinite(value)) continue;
    network.take(values);
    return std::nullopt;
  }
  return weights;
}

// A bias in half precision would lose digits that the sum keeps.
DataType bias_type(const ConvolutionBase& convolution) {
  if (convolution.getBiasWeights().count > 0) return convolution.getBiasWeights().type;
  const DataType type = convolution.getKernelWeights().type;
  return type == DataType::kDOUBLE ? type : DataType::kFLOAT;
}

// Before: (de)convolution with constant weights, read only by a scale per channel (a batch norm), or a sum or product
// with a constant per channel. After: only the convolution; kernel * scale, bias * scale + shift, computed in double.
class FoldScaleIntoConvolution final : public Pass {
 public:
  const char* name() const override { return "fold-scale-into-convolution"; }

  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    network::Rewriter rewriter(network);
    std::vector<const void*> memory;
    for (auto* layer : layer_snapshot(network)) {
      if (!alive(network, layer) || !is_convolution(*layer)) continue;
      while (fold_once(rewriter, static_cast<ConvolutionBase&>(*layer), memory)) {
      }
    }
    release_unused(network, memory);
    return rewriter.changed();
  }

 private:
  static bool fold_once(network::Rewriter& rewriter, ConvolutionBase& convolution, std::vector<const void*>& memory) {
    network::ILayer* reader = only_reader(*convolution.getOutput(0));
    if (reader == nullptr || !has_plain_weights(convolution) || !convolution.epilogue().empty()) return false;
    const auto affine = read_channel_affine(*reader, *convolution.getOutput(0));
    if (!affine) return false;
    const auto kernel = scaled_kernel(rewriter.network(), convolution, *affine);
    const auto bias = shifted_bias(rewriter.network(), convolution, *affine);
    if (!kernel || !bias) return false;
    memory.insert(memory.end(), {convolution.getKernelWeights().values, convolution.getBiasWeights().values});
    convolution.setKernelWeights(*kernel);
    convolution.setBiasWeights(*bias);
    rewriter.replace_all_uses(*reader->getOutput(0), *convolution.getOutput(0));
    rewriter.erase_if_dead(*reader);
    rewriter.note_change();
    return true;
  }

  static std::optional<Weights> shifted_bias(network::INetworkDefinition& network, const ConvolutionBase& convolution,
                                             const ChannelAffine& affine) {
    const Weights& old = convolution.getBiasWeights();
    return make_weights(network, bias_type(convolution), convolution.getNbOutputMaps(), [&](int64_t map) {
      const double bias = old.count == 0 ? 0 : network::load_double(old.type, old.values, map);
      return bias * affine.scale_at(map) + affine.shift_at(map);
    });
  }

  static std::optional<Weights> scaled_kernel(network::INetworkDefinition& network, const ConvolutionBase& convolution,
                                              const ChannelAffine& affine) {
    const Weights& old = convolution.getKernelWeights();
    const KernelRuns runs(convolution);
    double factor = 1;
    return make_weights(network, old.type, old.count, [&](int64_t i) {
      if (i % runs.length == 0) factor = affine.scale_at(runs.map_of(i / runs.length));
      return network::load_double(old.type, old.values, i) * factor;
    });
  }
};

}  // namespace

std::unique_ptr<Pass> make_fold_scale_into_convolution() { return std::make_unique<FoldScaleIntoConvolution>(); }

}  // namespace torch_tensorrt::optimizer
