#include <ATen/ATen.h>

#include "torch_tensorrt/core/engine/tactics/aten/families.h"
#include "torch_tensorrt/core/network/enum_names.h"

namespace torch_tensorrt::engine::aten {
namespace {

using network::ReduceOperation;

at::DimVector axes_of(uint32_t mask, int64_t rank) {
  at::DimVector axes;
  for (int64_t axis = 0; axis < rank; ++axis) {
    if ((mask >> axis) & 1U) axes.push_back(axis);
  }
  return axes;
}

Decision supports(const network::ILayer& layer) {
  const auto operation = static_cast<const network::IReduceLayer&>(layer).getOperation();
  if (operation == ReduceOperation::kAVG) return float_input(layer);
  if (operation == ReduceOperation::kNONE) return any_dtype(layer);
  if (layer.getInput(0)->getType() == network::DataType::kBOOL) {
    const bool selects = operation == ReduceOperation::kMAX || operation == ReduceOperation::kMIN;
    return selects ? Decision::yes() : Decision::no(network::enum_name(operation) + " does not take bool");
  }
  return arithmetic_input(layer);
}

// PyTorch multiplies along one axis at a time.
at::Tensor product(at::Tensor x, at::IntArrayRef axes, at::ScalarType type) {
  for (const int64_t axis : axes) x = at::prod(x, axis, /*keepdim=*/true, type);
  return x;
}

Compute make(Request& request) {
  const auto& layer = request.layer<network::IReduceLayer>();
  const at::Tensor x = request.input(0);
  at::Tensor out = request.output();
  const at::DimVector axes = axes_of(layer.getReduceAxes(), x.dim());
  const bool keep = layer.getKeepDimensions();
  const at::ScalarType type = out.scalar_type();
  if (axes.empty()) return [x, out]() mutable { out.copy_(x); };
  switch (layer.getOperation()) {
    case ReduceOperation::kSUM:
      return [x, out, axes, keep, type]() mutable { at::sum_out(out, x, axes, keep, type); };
    case ReduceOperation::kAVG:
      return [x, out, axes, keep, type]() mutable { at::mean_out(out, x, axes, keep, type); };
    case ReduceOperation::kMAX:
      return [x, out, axes, keep]() mutable { at::amax_out(out, x, axes, keep); };
    case ReduceOperation::kMIN:
      return [x, out, axes, keep]() mutable { at::amin_out(out, x, axes, keep); };
    case ReduceOperation::kPROD: {
      const at::ScalarType inside = is_reduced_float(type) ? at::kFloat : type;
      return [x, out, axes, inside]() mutable { out.copy_(product(x, axes, inside).reshape(out.sizes())); };
    }
    case ReduceOperation::kNONE:
      break;
  }
  return [x, out]() mutable { out.copy_(x); };
}

}  // namespace

const Row kReduceRow = {"aten.reduce", network::LayerType::kREDUCE, supports, make};

}  // namespace torch_tensorrt::engine::aten
