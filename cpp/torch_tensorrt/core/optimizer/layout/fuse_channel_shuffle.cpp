#include <vector>

#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::Dims;
using network::IShuffleLayer;

bool is_plain_reshape(const IShuffleLayer& layer, int32_t in_rank, int32_t out_rank) {
  return layer.has_reshape() && !layer.has_first_transpose(in_rank) && !layer.has_second_transpose(out_rank);
}

// Transposes dimensions 1 and 2 of five and does nothing else.
bool swaps_one_and_two(const IShuffleLayer& layer) {
  if (layer.has_reshape()) return false;
  const int32_t expected[] = {0, 2, 1, 3, 4};
  for (int32_t i = 0; i < 5; ++i) {
    if (layer.getFirstTranspose().order[i] != expected[i] || layer.getSecondTranspose().order[i] != i) return false;
  }
  return true;
}

IShuffleLayer* next_shuffle(const network::ILayer& layer) {
  return network::layer_cast<IShuffleLayer>(only_reader(*layer.getOutput(0)));
}

// Before: N, C, H, W -> N, g, C / g, H, W -> N, C / g, g, H, W -> N, C, H, W by reshape, transpose, reshape.
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
    const Dims in = split.getInput(0)->getDimensions();
    const Dims groups = split.getOutput(0)->getDimensions();
    const Dims out = join->getOutput(0)->getDimensions();
    const bool ranks = in.nbDims == 4 && groups.nbDims == 5 && in == out;
    if (!ranks || !is_plain_reshape(split, 4, 5) || !swaps_one_and_two(*swap) || !is_plain_reshape(*join, 5, 4)) return;
    const bool kept = groups.d[0] == in.d[0] && groups.d[3] == in.d[2] && groups.d[4] == in.d[3];
    if (!kept || in.d[1] < 0 || groups.d[1] * groups.d[2] != in.d[1]) return;
    std::vector<int64_t> channels;
    for (int64_t i = 0; i < groups.d[2]; ++i) {
      for (int64_t g = 0; g < groups.d[1]; ++g) channels.push_back(g * groups.d[2] + i);
    }
    auto* indices = rewriter.insert_constant_before(*join, Dims{in.d[1]}, network::DataType::kINT64, channels.data());
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
