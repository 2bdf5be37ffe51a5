#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::ActivationType;
using network::IActivationLayer;
using network::IElementWiseLayer;
using network::ITensor;

// Before: x * sigmoid(x), x * hard_sigmoid(x), in either order. After: silu(x), hard_swish(x).
class FormActivations final : public Pass {
 public:
  const char* name() const override { return "form-activations"; }

  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    network::Rewriter rewriter(network);
    for (auto* layer : layer_snapshot(network)) {
      if (!alive(network, layer)) continue;
      auto* product = network::layer_cast<IElementWiseLayer>(layer);
      if (product != nullptr) form(rewriter, *product);
    }
    return rewriter.changed();
  }

 private:
  static void form(network::Rewriter& rewriter, IElementWiseLayer& product) {
    if (product.getOperation() != network::ElementWiseOperation::kPROD || !product.epilogue().empty()) return;
    for (int32_t i = 0; i < 2; ++i) {
      auto* gate = network::layer_cast<IActivationLayer>(product.getInput(i)->producer());
      ITensor* x = product.getInput(1 - i);
      if (gate == nullptr || gate->getInput(0) != x || only_reader(*gate->getOutput(0)) == nullptr) continue;
      const bool soft = gate->getActivationType() == ActivationType::kSIGMOID;
      if (!soft && gate->getActivationType() != ActivationType::kHARD_SIGMOID) continue;
      auto* whole = rewriter.insert_before<IActivationLayer>(
          product, {x}, soft ? ActivationType::kSILU : ActivationType::kHARD_SWISH);
      if (!soft) {
        whole->setAlpha(gate->getAlpha());
        whole->setBeta(gate->getBeta());
      }
      rewriter.replace_all_uses(*product.getOutput(0), *whole->getOutput(0));
      rewriter.erase_if_dead(product);
      return;
    }
  }
};

}  // namespace

std::unique_ptr<Pass> make_form_activations() { return std::make_unique<FormActivations>(); }

}  // namespace torch_tensorrt::optimizer
