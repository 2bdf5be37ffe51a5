#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "torch_tensorrt/core/network/host/evaluate_elements.h"
#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

// Layers that multiply each channel by a constant and add another: batch norms, and sums and products with constants.
namespace torch_tensorrt::optimizer {
namespace {

using network::ConvolutionBase;
using network::DataType;
using network::Dims;
using network::ElementWiseOperation;
using network::IElementWiseLayer;
using network::ILayer;
using network::IScaleLayer;
using network::ITensor;
using network::LayerType;
using network::ScaleMode;
using network::Weights;

// x * scale + shift, with one element for each channel (dimension 1), or one for all.
struct ChannelAffine {
  std::vector<double> scale;
  std::vector<double> shift;

  double scale_at(int64_t channel) const { return scale[scale.size() == 1 ? 0 : static_cast<size_t>(channel)]; }
  double shift_at(int64_t channel) const { return shift[shift.size() == 1 ? 0 : static_cast<size_t>(channel)]; }
  bool is_uniform() const { return scale.size() == 1 && shift.size() == 1; }
};

using ElementList = std::vector<double>;

bool are_finite(const ElementList& elements) {
  return std::all_of(elements.begin(), elements.end(), [](double x) { return std::isfinite(x); });
}

std::optional<ElementList> weights_or(const network::Weights& weights, double missing) {
  return weights.count == 0 ? ElementList{missing} : read_elements(weights);
}

std::optional<ChannelAffine> of_scale(const IScaleLayer& layer) {
  const bool per_channel =
      layer.getMode() == ScaleMode::kUNIFORM || (layer.getMode() == ScaleMode::kCHANNEL && layer.getChannelAxis() == 1);
  if (!per_channel || layer.getPower().count != 0) return std::nullopt;
  const auto scale = weights_or(layer.getScale(), 1);
  const auto shift = weights_or(layer.getShift(), 0);
  if (!scale || !shift) return std::nullopt;
  return ChannelAffine{*scale, *shift};
}

// The constant's elements, if they differ only along dimension 1 of the result.
std::optional<ElementList> per_channel_constant(const network::ITensor& tensor, const Dims& result) {
  const auto* constant = constant_of(&tensor);
  if (constant == nullptr) return std::nullopt;
  const Dims& dims = constant->getDimensions();
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    const bool is_channel = result.nbDims - dims.nbDims + i == 1;
    if (dims.d[i] != 1 && !is_channel) return std::nullopt;
  }
  return read_elements(constant->getWeights());
}

template <typename F>
ElementList mapped(ElementList elements, F f) {
  std::transform(elements.begin(), elements.end(), elements.begin(), f);
  return elements;
}

std::optional<ChannelAffine> of_operation(ElementWiseOperation operation, const ElementList& c, bool is_first) {
  const auto negative = [](double x) { return -x; };
  switch (operation) {
    case ElementWiseOperation::kSUM:
      return ChannelAffine{{1}, c};
    case ElementWiseOperation::kPROD:
      return ChannelAffine{c, {0}};
    case ElementWiseOperation::kSUB:
      return is_first ? ChannelAffine{{1}, mapped(c, negative)} : ChannelAffine{{-1}, c};
    case ElementWiseOperation::kDIV:
      if (!is_first) return std::nullopt;
      return ChannelAffine{mapped(c, [](double x) { return 1 / x; }), {0}};
    case ElementWiseOperation::kMAX:
    case ElementWiseOperation::kMIN:
    case ElementWiseOperation::kPOW:
    case ElementWiseOperation::kFLOOR_DIV:
    case ElementWiseOperation::kAND:
    case ElementWiseOperation::kOR:
    case ElementWiseOperation::kXOR:
    case ElementWiseOperation::kEQUAL:
    case ElementWiseOperation::kGREATER:
    case ElementWiseOperation::kLESS:
    case ElementWiseOperation::kATAN2:
    case ElementWiseOperation::kFMOD:
    case ElementWiseOperation::kREMAINDER:
    case ElementWiseOperation::kBIT_AND:
    case ElementWiseOperation::kBIT_OR:
    case ElementWiseOperation::kBIT_XOR:
      break;
  }
  return std::nullopt;
}

std::optional<ChannelAffine> of_elementwise(const IElementWiseLayer& layer, const network::ITensor& input) {
  const Dims dims = layer.getOutput(0)->getDimensions();
  const bool is_plain = layer.epilogue().empty() && network::is_floating_point(input.getType()) && dims.nbDims >= 2 &&
                        dims == input.getDimensions();
  if (!is_plain) return std::nullopt;
  const bool is_first = layer.getInput(0) == &input;
  const auto elements = per_channel_constant(*layer.getInput(is_first ? 1 : 0), dims);
  return elements ? of_operation(layer.getOperation(), *elements, is_first) : std::nullopt;
}

// Reads scales (per channel or uniform, no power), and ElementWise sums, differences, products and quotients with a
// constant, as a function of the input tensor. Empty for other layers, and if a constant is not finite.
std::optional<ChannelAffine> read_channel_affine(const network::ILayer& layer, const network::ITensor& input) {
  std::optional<ChannelAffine> affine;
  if (const auto* scale = network::layer_cast<IScaleLayer>(&layer)) affine = of_scale(*scale);
  if (const auto* elementwise = network::layer_cast<IElementWiseLayer>(&layer)) {
    affine = of_elementwise(*elementwise, input);
  }
  if (!affine || !are_finite(affine->scale) || !are_finite(affine->shift)) return std::nullopt;
  return affine;
}

// The function that applies first a, then b.
ChannelAffine compose(const ChannelAffine& a, const ChannelAffine& b) {
  ChannelAffine both;
  const size_t scales = std::max(a.scale.size(), b.scale.size());
  const size_t shifts = std::max({a.shift.size(), b.scale.size(), b.shift.size()});
  for (size_t i = 0; i < scales; ++i) {
    const auto channel = static_cast<int64_t>(i);
    both.scale.push_back(a.scale_at(channel) * b.scale_at(channel));
  }
  for (size_t i = 0; i < shifts; ++i) {
    const auto channel = static_cast<int64_t>(i);
    both.shift.push_back(a.shift_at(channel) * b.scale_at(channel) + b.shift_at(channel));
  }
  return both;
}

// ---- merge-scales ---------------------------------------------------------------------------------------------------

// One element for each channel, or one for all.
Weights make_weights(network::INetworkDefinition& network, DataType type, const std::vector<double>& elements) {
  Weights weights{type, nullptr, static_cast<int64_t>(elements.size())};
  void* values = network.allocate(weights.bytes());
  weights.values = values;
  for (size_t i = 0; i < elements.size(); ++i) {
    network::store_double(type, values, static_cast<int64_t>(i), elements[i]);
  }
  return weights;
}

std::vector<double> spread(const std::vector<double>& elements, size_t count) {
  return elements.size() == count ? elements : std::vector<double>(count, elements[0]);
}

// The tensor that the layer scales: its only input that is not a constant.
ITensor* scaled_input(const ILayer& layer) {
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    if (!is_constant(layer.getInput(i))) return layer.getInput(i);
  }
  return nullptr;
}

// Before: a scale per channel (or a sum or product with a constant per channel) whose only reader is another, and at
// least one of the two is a scale layer. After: one scale layer, computed in double.
class MergeScales final : public Pass {
 public:
  const char* name() const override { return "merge-scales"; }

  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    network::Rewriter rewriter(network);
    for (auto* layer : layer_snapshot(network)) {
      // The merged layer may merge with the next one.
      for (ILayer* next = alive(network, layer) ? layer : nullptr; next != nullptr;) next = merge(rewriter, *next);
    }
    return rewriter.changed();
  }

 private:
  // The layer that replaces both, or null.
  static ILayer* merge(network::Rewriter& rewriter, ILayer& second) {
    ITensor* between = second.getNbInputs() > 0 ? scaled_input(second) : nullptr;
    if (between == nullptr || only_reader(*between) != &second) return nullptr;
    ILayer& first = *between->producer();
    const bool has_scale = first.getType() == IScaleLayer::kType || second.getType() == IScaleLayer::kType;
    ITensor* input = first.getNbInputs() > 0 ? scaled_input(first) : nullptr;
    if (!has_scale || input == nullptr) return nullptr;
    const auto before = read_channel_affine(first, *input);
    const auto behind = read_channel_affine(second, *between);
    if (!before || !behind) return nullptr;
    auto* merged = make_scale(rewriter, second, *input, compose(*before, *behind));
    rewriter.replace_all_uses(*second.getOutput(0), *merged->getOutput(0));
    rewriter.erase_if_dead(second);
    return merged;
  }

  static IScaleLayer* make_scale(network::Rewriter& rewriter, ILayer& position, ITensor& input,
                                 const ChannelAffine& affine) {
    auto& network = rewriter.network();
    const size_t count = std::max(affine.scale.size(), affine.shift.size());
    const auto mode = affine.is_uniform() ? network::ScaleMode::kUNIFORM : network::ScaleMode::kCHANNEL;
    const DataType type = input.getType() == DataType::kDOUBLE ? DataType::kDOUBLE : DataType::kFLOAT;
    return rewriter.insert_before<IScaleLayer>(position, {&input}, mode,
                                               make_weights(network, type, spread(affine.shift, count)),
                                               make_weights(network, type, spread(affine.scale, count)), Weights{});
  }
};

// ---- fold-scale-into-convolution ------------------------------------------------------------------------------------

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

std::unique_ptr<Pass> make_merge_scales() { return std::make_unique<MergeScales>(); }
std::unique_ptr<Pass> make_fold_scale_into_convolution() { return std::make_unique<FoldScaleIntoConvolution>(); }

}  // namespace torch_tensorrt::optimizer
