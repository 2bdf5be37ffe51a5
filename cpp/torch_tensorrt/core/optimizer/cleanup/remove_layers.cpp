#include <algorithm>

#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::ElementWiseOperation;
using network::IElementWiseLayer;
using network::ILayer;
using network::ITensor;

// x + 0, x - 0, x * 1, x / 1, if the constant does not enlarge the result.
struct Neutral {
  ElementWiseOperation operation;
  double element;
};
constexpr Neutral kNeutrals[] = {{ElementWiseOperation::kSUM, 0},
                                 {ElementWiseOperation::kSUB, 0},
                                 {ElementWiseOperation::kPROD, 1},
                                 {ElementWiseOperation::kDIV, 1}};

bool has_neutral_operand(const IElementWiseLayer& layer) {
  if (!layer.epilogue().empty() || layer.getInput(0)->getDimensions() != layer.getOutput(0)->getDimensions()) {
    return false;
  }
  const auto value = uniform_value(*layer.getInput(1));
  if (!value) return false;
  return std::any_of(std::begin(kNeutrals), std::end(kNeutrals), [&](const Neutral& row) {
    return row.operation == layer.getOperation() && row.element == *value;
  });
}

bool does_nothing(const ILayer& layer, Elements elements) {
  const auto* elementwise = network::layer_cast<IElementWiseLayer>(&layer);
  if (elementwise != nullptr && elements != Elements::kChange) return has_neutral_operand(*elementwise);
  return layer.does_nothing();
}

// A network output that is also an input or another output needs a layer of its own.
bool may_go(const ILayer& layer) {
  const ITensor& in = *layer.getInput(0);
  const ITensor& out = *layer.getOutput(0);
  const bool is_taken = in.isNetworkInput() || in.isNetworkOutput();
  return in.format() == out.format() && !(out.isNetworkOutput() && is_taken);
}

// Before: a layer whose output always equals its input (identity, cast to the same dtype, shuffle to the same dims,
// slice of everything, concatenation of one, reduction of no axis, pooling of single elements, resize to the same size,
// sum with 0 or product with 1).
// After: its readers read the input.
class RemoveIdentities final : public Pass {
 public:
  explicit RemoveIdentities(Elements elements) : elements_(elements) {}
  const char* name() const override { return "remove-identities"; }

  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    network::Rewriter rewriter(network);
    for (auto* layer : layer_snapshot(network)) {
      if (!alive(network, layer) || !does_nothing(*layer, elements_) || !may_go(*layer)) continue;
      rewriter.replace_all_uses(*layer->getOutput(0), *layer->getInput(0));
      rewriter.erase_if_dead(*layer);
    }
    return rewriter.changed();
  }

 private:
  Elements elements_;
};

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

std::unique_ptr<Pass> make_remove_identities(Elements elements) { return std::make_unique<RemoveIdentities>(elements); }
std::unique_ptr<Pass> make_remove_dead_layers() { return std::make_unique<RemoveDeadLayers>(); }

}  // namespace torch_tensorrt::optimizer
