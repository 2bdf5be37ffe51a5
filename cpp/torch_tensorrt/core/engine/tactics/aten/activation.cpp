#include <ATen/ATen.h>

#include "torch_tensorrt/core/engine/tactics/aten/families.h"
#include "torch_tensorrt/core/engine/tactics/aten/pointwise.h"

namespace torch_tensorrt::engine::aten {
namespace {

Decision supports(const network::ILayer& layer) {
  const auto& activation = static_cast<const network::IActivationLayer&>(layer);
  return activation_supported(activation.getActivationType(), layer.getInput(0)->getType());
}

Compute make(Request& request) {
  const auto& layer = request.layer<network::IActivationLayer>();
  return [x = request.input(0), out = request.output(), type = layer.getActivationType(), alpha = layer.getAlpha(),
          beta = layer.getBeta()]() mutable { activation_out(out, x, type, alpha, beta); };
}

}  // namespace

const Row kActivationRow = {"aten.activation", network::LayerType::kACTIVATION, supports, make, /*in_place=*/true};

}  // namespace torch_tensorrt::engine::aten
