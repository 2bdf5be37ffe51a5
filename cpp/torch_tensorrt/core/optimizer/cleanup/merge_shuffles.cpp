#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::IShuffleLayer;
using network::Permutation;

int32_t rank_of(const network::ITensor* tensor) { return tensor->getDimensions().nbDims; }

// The transpose between the two reshapes.
Permutation middle_transpose(const IShuffleLayer& first, const IShuffleLayer& second) {
  return compose(first.getSecondTranspose(), second.getFirstTranspose(), rank_of(second.getInput(0)));
}

// Before: a shuffle that reads a shuffle. After: the second reads the first's input and does the work of both, if one
// layer can express it: one of them only transposes, or nothing is transposed between the reshapes.
class MergeShuffles final : public Pass {
 public:
  const char* name() const override { return "merge-shuffles"; }

  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    network::Rewriter rewriter(network);
    for (auto* layer : layer_snapshot(network)) {
      if (!alive(network, layer)) continue;
      auto* second = network::layer_cast<IShuffleLayer>(layer);
      while (second != nullptr && merge(rewriter, *second)) {
      }
    }
    return rewriter.changed();
  }

 private:
  static bool merge(network::Rewriter& rewriter, IShuffleLayer& second) {
    auto* first = network::layer_cast<IShuffleLayer>(second.getInput(0)->producer());
    if (first == nullptr || first->getOutput(0)->format() != first->getInput(0)->format()) return false;
    if (is_plain_transpose(*first)) {
      second.setFirstTranspose(
          compose(whole_transpose(*first), second.getFirstTranspose(), rank_of(first->getInput(0))));
    } else if (is_plain_transpose(second)) {
      take_reshape(rewriter, second, *first);
    } else if (!join_reshapes(rewriter, second, *first)) {
      return false;
    }
    rewriter.set_input(second, 0, *first->getInput(0));
    rewriter.erase_if_dead(*first);
    return true;
  }

  // If the second only transposes, it becomes the first with one more transpose behind it.
  static void take_reshape(network::Rewriter& rewriter, IShuffleLayer& second, const IShuffleLayer& first) {
    const Permutation behind =
        compose(first.getSecondTranspose(), whole_transpose(second), rank_of(second.getInput(0)));
    second.setZeroIsPlaceholder(first.getZeroIsPlaceholder());
    if (first.getNbInputs() > 1) {
      rewriter.set_input(second, 1, *first.getInput(1));
    } else {
      second.setReshapeDimensions(first.getReshapeDimensions());
    }
    second.setFirstTranspose(first.getFirstTranspose());
    second.setSecondTranspose(behind);
  }

  static bool join_reshapes(network::Rewriter& rewriter, IShuffleLayer& second, const IShuffleLayer& first) {
    const int32_t rank = rank_of(second.getInput(0));
    if (!network::is_identity(middle_transpose(first, second), rank)) return false;
    const bool shape_is_absolute = second.getNbInputs() > 1 && !second.getZeroIsPlaceholder();
    const auto reshape = absolute_reshape(second);
    if (!reshape && !shape_is_absolute) return false;
    second.setFirstTranspose(first.getFirstTranspose());
    if (!reshape) return true;
    second.setZeroIsPlaceholder(false);
    second.setReshapeDimensions(*reshape);
    rewriter.truncate_inputs(second, 1);
    return true;
  }
};

}  // namespace

std::unique_ptr<Pass> make_merge_shuffles() { return std::make_unique<MergeShuffles>(); }

}  // namespace torch_tensorrt::optimizer
