#include "torch_tensorrt/core/network/host/evaluate_elements.h"
#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/fusion/channel_affine.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::DataType;
using network::ILayer;
using network::IScaleLayer;
using network::ITensor;
using network::Weights;

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

}  // namespace

std::unique_ptr<Pass> make_merge_scales() { return std::make_unique<MergeScales>(); }

}  // namespace torch_tensorrt::optimizer
