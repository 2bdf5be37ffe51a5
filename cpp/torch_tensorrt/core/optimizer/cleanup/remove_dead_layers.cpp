#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/passes.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::ILayer;

// Before: layers whose outputs have no reader. After: they are gone, as are layers that only they read. Inputs stay.
class RemoveDeadLayers final : public Pass {
 public:
  const char* name() const override { return "remove-dead-layers"; }

  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    network::Rewriter rewriter(network);
    // Backwards, so that readers go before their inputs.
    for (int32_t i = network.getNbLayers() - 1; i >= 0; --i) {
      ILayer* layer = network.getLayer(i);
      if (is_dead(*layer)) rewriter.erase(*layer);
    }
    return rewriter.changed();
  }

 private:
  static bool is_dead(const ILayer& layer) {
    if (layer.getType() == network::LayerType::kINPUT) return false;
    for (int32_t i = 0; i < layer.getNbOutputs(); ++i) {
      const auto* output = layer.getOutput(i);
      if (output->isNetworkOutput() || !output->consumers().empty()) return false;
    }
    return true;
  }
};

}  // namespace

std::unique_ptr<Pass> make_remove_dead_layers() { return std::make_unique<RemoveDeadLayers>(); }

}  // namespace torch_tensorrt::optimizer
