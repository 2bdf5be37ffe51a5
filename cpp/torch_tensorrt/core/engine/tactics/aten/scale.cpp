#include <ATen/ATen.h>

#include "torch_tensorrt/core/engine/tactics/aten/families.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::aten {
namespace {

// Sizes in which the weights broadcast to the input.
at::DimVector weight_sizes(const network::IScaleLayer& layer, at::IntArrayRef input) {
  at::DimVector sizes(input.size(), 1);
  switch (layer.getMode()) {
    case network::ScaleMode::kUNIFORM:
      break;
    case network::ScaleMode::kCHANNEL:
      sizes[layer.getChannelAxis()] = input[layer.getChannelAxis()];
      break;
    case network::ScaleMode::kELEMENTWISE:
      for (size_t i = 1; i < input.size(); ++i) sizes[i] = input[i];
      break;
  }
  return sizes;
}

// In the dtype that the layer computes in; undefined when there are none.
at::Tensor load(const Request& request, const char* role, const network::Weights& values, at::ScalarType type) {
  if (values.count == 0) return {};
  const auto& layer = request.layer<network::IScaleLayer>();
  return request.weights(role, values, weight_sizes(layer, request.input(0).sizes())).to(type);
}

Compute make(Request& request) {
  const auto& layer = request.layer<network::IScaleLayer>();
  const at::Tensor& x = request.input(0);
  const at::ScalarType type = is_reduced_float(x.scalar_type()) ? at::kFloat : x.scalar_type();
  const at::Tensor scale = load(request, "scale", layer.getScale(), type);
  const at::Tensor shift = load(request, "shift", layer.getShift(), type);
  const at::Tensor power = load(request, "power", layer.getPower(), type);
  const auto apply = [scale, shift, power](at::Tensor& out, const at::Tensor& x) {
    at::Tensor current = x;
    if (scale.defined()) current = at::mul_out(out, current, scale);
    if (shift.defined()) current = at::add_out(out, current, shift);
    if (power.defined()) current = at::pow_out(out, current, power);
    if (current.is_same(x) && !out.is_same(x)) out.copy_(x);
  };
  if (type == x.scalar_type()) {
    return [x, out = request.output(), apply]() mutable { apply(out, x); };
  }
  return [x, out = request.output(), apply]() mutable {
    at::Tensor wide = x.to(at::kFloat);
    apply(wide, wide);
    out.copy_(wide);
  };
}

}  // namespace

const Row kScaleRow = {"aten.scale", network::LayerType::kSCALE, float_input, make, /*in_place=*/true};

}  // namespace torch_tensorrt::engine::aten
