#include "torch_tensorrt/core/network/rewriter.h"
#include "torch_tensorrt/core/optimizer/passes.h"
#include "torch_tensorrt/core/optimizer/patterns.h"

namespace torch_tensorrt::optimizer {
namespace {

using network::ConvolutionBase;

// Before: a (de)convolution whose kernel (and bias) are inputs that have become constants.
// After: they are its weights, as other passes and fast tactics need. (The constants are removed as dead layers.)
class AbsorbConstantWeights final : public Pass {
 public:
  const char* name() const override { return "absorb-constant-weights"; }

  bool run(network::INetworkDefinition& network, const PassContext&) const override {
    network::Rewriter rewriter(network);
    for (auto* layer : layer_snapshot(network)) {
      if (!alive(network, layer) || !is_convolution(*layer)) continue;
      auto& convolution = static_cast<ConvolutionBase&>(*layer);
      if (can_absorb(convolution)) absorb(rewriter, convolution);
    }
    return rewriter.changed();
  }

 private:
  static bool can_absorb(const ConvolutionBase& convolution) {
    if (convolution.getNbInputs() < 2 || !convolution.epilogue().empty()) return false;
    for (int32_t i = 1; i < convolution.getNbInputs(); ++i) {
      if (convolution.getInput(i) != nullptr && !is_constant(convolution.getInput(i))) return false;
    }
    return true;
  }

  static void absorb(network::Rewriter& rewriter, ConvolutionBase& convolution) {
    const auto* kernel = constant_of(convolution.getInput(1));
    const auto* bias = constant_of(convolution.getInput(2));
    if (kernel != nullptr) convolution.setKernelWeights(kernel->getWeights());
    if (bias != nullptr) convolution.setBiasWeights(bias->getWeights());
    rewriter.truncate_inputs(convolution, 1);
  }
};

}  // namespace

std::unique_ptr<Pass> make_absorb_constant_weights() { return std::make_unique<AbsorbConstantWeights>(); }

}  // namespace torch_tensorrt::optimizer
