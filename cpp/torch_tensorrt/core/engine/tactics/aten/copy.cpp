#include <ATen/ATen.h>

#include "torch_tensorrt/core/engine/tactics/aten/families.h"

// Layers that only move values, one to one.
namespace torch_tensorrt::engine::aten {
namespace {

Compute copy_input(Request& request) {
  return [x = request.input(0), out = request.output()]() mutable { out.copy_(x); };
}

Compute copy_constant(Request& request) {
  const auto& layer = request.layer<network::IConstantLayer>();
  at::Tensor values = request.weights("weights", layer.getWeights(), sizes_of(layer.getDimensions()));
  return [values, out = request.output()]() mutable { out.copy_(values); };
}

Compute copy_sizes(Request& request) {
  at::Tensor sizes =
      at::tensor(request.input(0).sizes(), at::TensorOptions().dtype(at::kLong).device(request.device()));
  return [sizes, out = request.output()]() mutable { out.copy_(sizes); };
}

}  // namespace

const Row kCastRow = {"aten.cast", network::LayerType::kCAST, any_dtype, copy_input};
const Row kIdentityRow = {"aten.identity", network::LayerType::kIDENTITY, any_dtype, copy_input};
const Row kReformatRow = {"aten.reformat", network::LayerType::kREFORMAT, any_dtype, copy_input};
const Row kConstantRow = {"aten.constant", network::LayerType::kCONSTANT, any_dtype, copy_constant};
const Row kShapeRow = {"aten.shape", network::LayerType::kSHAPE, any_dtype, copy_sizes};

}  // namespace torch_tensorrt::engine::aten
