#include <ATen/ATen.h>

#include "torch_tensorrt/core/engine/tactics/aten/families.h"
#include "torch_tensorrt/core/engine/tactics/aten/pointwise.h"

namespace torch_tensorrt::engine::aten {
namespace {

Decision supports(const network::ILayer& layer) {
  const auto& elementwise = static_cast<const network::IElementWiseLayer&>(layer);
  return elementwise_supported(elementwise.getOperation(), layer.getInput(0)->getType());
}

Compute make(Request& request) {
  const auto operation = request.layer<network::IElementWiseLayer>().getOperation();
  return [a = request.input(0), b = request.input(1), out = request.output(), operation]() mutable {
    elementwise_out(out, a, b, operation);
  };
}

}  // namespace

const Row kElementWiseRow = {"aten.elementwise", network::LayerType::kELEMENTWISE, supports, make, /*in_place=*/true};

}  // namespace torch_tensorrt::engine::aten
