#include <algorithm>
#include <vector>

#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/network/shapes/dim_origin.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::Dims;
using network::IShuffleLayer;
using network::ITensor;

// Whether the layer transposes dimensions 1 and 2 and does nothing else.
bool swaps_one_and_two(const IShuffleLayer& layer, int32_t rank) {
  if (!is_plain_transpose(layer)) return false;
  network::Permutation swap;
  swap.order[1] = 2;
  swap.order[2] = 1;
  return network::is_identity(compose(whole_transpose(layer), swap, rank), rank);
}

IShuffleLayer* next_shuffle(const network::ILayer& layer) {
  return network::layer_cast<IShuffleLayer>(only_reader(*layer.getOutput(0)));
}

// Whether dimension `axis` of the reshape equals dimension `like_axis` of the tensor, known or not.
bool is_dim_of(const IShuffleLayer& reshape, int32_t axis, const ITensor& like, int32_t like_axis) {
  const int64_t size = reshape.getOutput(0)->getDimensions().d[axis];
  if (size != like.getDimensions().d[like_axis]) return false;
  if (size != -1) return true;
  const ITensor* shape = reshape.getInput(1);
  if (shape != nullptr) return network::is_size_of(*shape, axis, like, like_axis);
  // The batch is the first dimension of all tensors in the pattern.
  return axis == 0 && like_axis == 0 && reshape.getZeroIsPlaceholder() && reshape.getReshapeDimensions().d[0] == 0;
}

// Whether all dimensions but the channels equal those of the tensor; `shift` is the offset of the spatial ones. One
// unknown dimension may be left to the volume, which is the same, unless it is 0.
bool keeps_all_but_channels(const IShuffleLayer& reshape, const ITensor& like, int32_t shift) {
  const Dims dims = like.getDimensions();
  const Dims result = reshape.getOutput(0)->getDimensions();
  int32_t open = 0;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    const int32_t axis = i == 0 ? 0 : i + shift;
    if (i == 1 || is_dim_of(reshape, axis, like, i)) continue;
    if (dims.d[i] != -1 || result.d[axis] != -1) return false;
    ++open;
  }
  const bool is_empty = std::find(dims.d, dims.d + dims.nbDims, 0) != dims.d + dims.nbDims;
  return open == 0 || (open == 1 && !is_empty);
}

bool splits_channels(const IShuffleLayer& split) {
  const Dims in = split.getInput(0)->getDimensions();
  const Dims out = split.getOutput(0)->getDimensions();
  if (in.nbDims < 3 || out.nbDims != in.nbDims + 1 || in.d[1] <= 0) return false;
  return out.d[1] > 0 && out.d[2] > 0 && out.d[1] * out.d[2] == in.d[1] &&
         keeps_all_but_channels(split, *split.getInput(0), /*shift=*/1);
}

bool joins_channels(const IShuffleLayer& join, const ITensor& original) {
  const Dims in = original.getDimensions();
  const Dims out = join.getOutput(0)->getDimensions();
  return out.nbDims == in.nbDims && out.d[1] == in.d[1] && keeps_all_but_channels(join, original, /*shift=*/0);
}

// Before: N, C, ... -> N, g, C / g, ... -> N, C / g, g, ... -> N, C, ... by reshape, transpose, reshape.
// After: a gather of channels, which runs in any layout.
class FuseChannelShuffle final : public Pass {
 public:
  const char* name() const override { return "fuse-channel-shuffle"; }

  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    network::Rewriter rewriter(network);
    for (auto* layer : layer_snapshot(network)) {
      if (!alive(network, layer)) continue;
      auto* split = network::layer_cast<IShuffleLayer>(layer);
      if (split != nullptr) fuse(rewriter, *split);
    }
    return rewriter.changed();
  }

 private:
  static void fuse(network::Rewriter& rewriter, IShuffleLayer& split) {
    auto* swap = next_shuffle(split);
    auto* join = swap == nullptr ? nullptr : next_shuffle(*swap);
    if (join == nullptr) return;
    const Dims groups = split.getOutput(0)->getDimensions();
    const bool are_plain = is_plain_reshape(split) && is_plain_reshape(*join);
    if (!are_plain || !splits_channels(split) || !joins_channels(*join, *split.getInput(0))) return;
    if (!swaps_one_and_two(*swap, groups.nbDims)) return;
    std::vector<int64_t> channels;
    for (int64_t i = 0; i < groups.d[2]; ++i) {
      for (int64_t g = 0; g < groups.d[1]; ++g) channels.push_back(g * groups.d[2] + i);
    }
    auto* indices = rewriter.insert_constant_before(*join, Dims{groups.d[1] * groups.d[2]}, network::DataType::kINT64,
                                                    channels.data());
    auto* gather = rewriter.insert_before<network::IGatherLayer>(*join, {split.getInput(0), indices->getOutput(0)},
                                                                 network::GatherMode::kDEFAULT);
    gather->setGatherAxis(1);
    rewriter.replace_all_uses(*join->getOutput(0), *gather->getOutput(0));
    rewriter.erase_if_dead(*join);
  }
};

}  // namespace

std::unique_ptr<Pass> make_fuse_channel_shuffle() { return std::make_unique<FuseChannelShuffle>(); }

}  // namespace torch_tensorrt::optimizer
