#include <ATen/ATen.h>

#include "torch_tensorrt/core/engine/tactics/aten/families.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::aten {
namespace {

using network::IScatterLayer;
using network::ScatterMode;
using network::ScatterReduction;

const char* reduction_name(ScatterReduction reduction) {
  switch (reduction) {
    case ScatterReduction::kNONE:
      break;
    case ScatterReduction::kSUM:
      return "sum";
    case ScatterReduction::kPROD:
      return "prod";
    case ScatterReduction::kMAX:
      return "amax";
    case ScatterReduction::kMIN:
      return "amin";
    case ScatterReduction::kMEAN:
      return "mean";
  }
  return "";
}

at::Tensor normalized(const at::Tensor& indices, int64_t length) {
  const at::Tensor wide = indices.to(at::kLong);
  return at::where(wide.lt(0), at::add(wide, length), wide);
}

Compute make_element(Request& request) {
  const auto& layer = request.layer<IScatterLayer>();
  return [axis = layer.getAxis(), reduction = layer.getReduction(), include_self = layer.getIncludeSelf(),
          data = request.input(0), indices = request.input(1), updates = request.input(2),
          out = request.output()]() mutable {
    const at::Tensor places = normalized(indices, data.size(axis));
    if (reduction == ScatterReduction::kNONE) {
      out.copy_(at::scatter(data, axis, places, updates));
    } else {
      out.copy_(at::scatter_reduce(data, axis, places, updates, reduction_name(reduction), include_self));
    }
  };
}

// As index_put: one index tensor a dimension.
Compute make_nd(Request& request) {
  const auto& layer = request.layer<IScatterLayer>();
  const bool add = layer.getReduction() == ScatterReduction::kSUM;
  return [add, data = request.input(0), indices = request.input(1), updates = request.input(2),
          out = request.output()]() mutable {
    c10::List<std::optional<at::Tensor>> places;
    for (const at::Tensor& index : indices.to(at::kLong).unbind(-1)) places.push_back(index);
    out.copy_(at::index_put(data, places, updates, /*accumulate=*/add));
  };
}

Decision supports(const network::ILayer& layer) {
  const auto& scatter = static_cast<const IScatterLayer&>(layer);
  const bool combines = scatter.getReduction() != ScatterReduction::kNONE;
  if (scatter.getMode() == ScatterMode::kND && combines &&
      (scatter.getReduction() != ScatterReduction::kSUM || !scatter.getIncludeSelf())) {
    return Decision::no("updates by index tuples are written or added to the element, not combined otherwise");
  }
  return combines ? arithmetic_input(layer) : Decision::yes();
}

Compute make(Request& request) {
  const bool element = request.layer<IScatterLayer>().getMode() == ScatterMode::kELEMENT;
  return element ? make_element(request) : make_nd(request);
}

}  // namespace

const Row kScatterRow = {"aten.scatter", network::LayerType::kSCATTER, supports, make};

}  // namespace torch_tensorrt::engine::aten
