#include <ATen/ATen.h>

#include "torch_tensorrt/core/engine/tactics/aten/list.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::aten {
namespace {

using network::GatherMode;
using network::IGatherLayer;

// Indices as int64, negative ones counted from the end. PyTorch reports those out of range.
at::Tensor normalized(const at::Tensor& indices, int64_t length) {
  const at::Tensor wide = indices.to(at::kLong);
  return at::where(wide.lt(0), at::add(wide, length), wide);
}

int64_t product(at::IntArrayRef sizes, size_t first, size_t last) {
  int64_t result = 1;
  for (size_t i = first; i < last; ++i) result *= sizes[i];
  return result;
}

// Indices ready to use at each run: constants are normalized only once.
std::function<at::Tensor()> index_source(const Request& request, int64_t length) {
  const at::Tensor& indices = request.input(1);
  if (request.is_constant(1)) return [constant = normalized(indices, length).clone()] { return constant; };
  return [indices, length] { return normalized(indices, length); };
}

// data [pre, n, post], indices [k] -> [pre, k, post]
Compute make_index_select(Request& request, int64_t axis) {
  const at::Tensor data = request.input(0);
  at::Tensor out = request.output();
  at::DimVector flat(data.sizes());
  flat[static_cast<size_t>(axis)] = request.input(1).numel();
  auto indices = index_source(request, data.size(axis));
  if (const auto view = try_view(out, flat)) {
    return [data, axis, indices, out = *view]() mutable {
      at::index_select_out(out, data, axis, indices().reshape({-1}));
    };
  }
  return [data, axis, indices, out]() mutable {
    out.copy_(at::index_select(data, axis, indices().reshape({-1})).reshape(out.sizes()));
  };
}

// data [batch, pre, n, post], indices [batch, k] -> [batch, pre, k, post]
Compute make_batched(Request& request, int64_t axis, int64_t batch_dims) {
  const at::Tensor data = request.input(0);
  const at::IntArrayRef sizes = data.sizes();
  const auto split = static_cast<size_t>(axis);
  const auto batch_rank = static_cast<size_t>(batch_dims);
  const int64_t batch = product(sizes, 0, batch_rank);
  const int64_t pre = product(sizes, batch_rank, split);
  const int64_t length = sizes[split];
  const int64_t post = product(sizes, split + 1, sizes.size());
  const int64_t count = product(request.input(1).sizes(), batch_rank, request.input(1).sizes().size());
  return [=, indices = index_source(request, length), out = request.output()]() mutable {
    const at::Tensor expanded = indices().reshape({batch, 1, count, 1}).expand({batch, pre, count, post});
    out.copy_(at::gather(data.reshape({batch, pre, length, post}), 2, expanded).reshape(out.sizes()));
  };
}

Compute make_default(Request& request) {
  const auto& layer = request.layer<IGatherLayer>();
  const int64_t batch_dims = layer.getNbElementWiseDims();
  const int64_t axis = layer.getGatherAxis();
  return batch_dims == 0 ? make_index_select(request, axis) : make_batched(request, axis, batch_dims);
}

Compute gather_element(Request& request) {
  const int64_t axis = request.layer<IGatherLayer>().getGatherAxis();
  const at::Tensor data = request.input(0);
  return [data, axis, indices = index_source(request, data.size(axis)), out = request.output()]() mutable {
    at::gather_out(out, data, axis, indices());
  };
}

// A position along each batch dimension, shaped to broadcast with the indices (without their last dimension).
c10::List<std::optional<at::Tensor>> batch_positions(at::IntArrayRef index_sizes, int64_t batch_dims,
                                                     at::Device device) {
  c10::List<std::optional<at::Tensor>> positions;
  const auto rank = static_cast<int64_t>(index_sizes.size()) - 1;
  for (int64_t d = 0; d < batch_dims; ++d) {
    at::DimVector sizes(static_cast<size_t>(rank), 1);
    sizes[static_cast<size_t>(d)] = index_sizes[static_cast<size_t>(d)];
    positions.push_back(
        at::arange(index_sizes[static_cast<size_t>(d)], at::TensorOptions().dtype(at::kLong).device(device))
            .reshape(sizes));
  }
  return positions;
}

Compute gather_nd(Request& request) {
  const int64_t batch_dims = request.layer<IGatherLayer>().getNbElementWiseDims();
  const at::Tensor indices = request.input(1);
  const auto positions = batch_positions(indices.sizes(), batch_dims, request.device());
  return [data = request.input(0), indices, positions, out = request.output()]() mutable {
    auto all = positions.copy();
    // Negative indices need no change: they count from the end here.
    for (const at::Tensor& index : indices.to(at::kLong).unbind(-1)) all.push_back(index);
    out.copy_(at::index(data, all));
  };
}

Compute make_gather(Request& request) {
  switch (request.layer<IGatherLayer>().getMode()) {
    case GatherMode::kDEFAULT:
      return make_default(request);
    case GatherMode::kELEMENT:
      return gather_element(request);
    case GatherMode::kND:
      return gather_nd(request);
  }
  return {};
}

}  // namespace

const Row kGatherRow = {"aten.gather", network::LayerType::kGATHER, any_dtype, make_gather};

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

// The dtype to combine updates in: on a CPU, PyTorch rounds f16 and bf16 after each update.
at::ScalarType combining_type(const Request& request) {
  const at::ScalarType type = request.input(0).scalar_type();
  return request.device().is_cpu() && is_reduced_float(type) ? at::kFloat : type;
}

Compute scatter_element(Request& request) {
  const auto& layer = request.layer<IScatterLayer>();
  return [axis = layer.getAxis(), reduction = layer.getReduction(), include_self = layer.getIncludeSelf(),
          data = request.input(0), indices = request.input(1), updates = request.input(2), out = request.output(),
          type = combining_type(request)]() mutable {
    const at::Tensor places = normalized(indices, data.size(axis));
    if (reduction == ScatterReduction::kNONE) {
      out.copy_(at::scatter(data, axis, places, updates));
    } else {
      out.copy_(
          at::scatter_reduce(data.to(type), axis, places, updates.to(type), reduction_name(reduction), include_self));
    }
  };
}

// Like index_put: one index tensor for each dimension.
Compute scatter_nd(Request& request) {
  const auto& layer = request.layer<IScatterLayer>();
  const bool add = layer.getReduction() == ScatterReduction::kSUM;
  return [add, data = request.input(0), indices = request.input(1), updates = request.input(2), out = request.output(),
          type = add ? combining_type(request) : request.input(0).scalar_type()]() mutable {
    c10::List<std::optional<at::Tensor>> places;
    for (const at::Tensor& index : indices.to(at::kLong).unbind(-1)) places.push_back(index);
    out.copy_(at::index_put(data.to(type), places, updates.to(type), /*accumulate=*/add));
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

Compute make_scatter(Request& request) {
  const bool element = request.layer<IScatterLayer>().getMode() == ScatterMode::kELEMENT;
  return element ? scatter_element(request) : scatter_nd(request);
}

}  // namespace

const Row kScatterRow = {"aten.scatter", network::LayerType::kSCATTER, supports, make_scatter};

}  // namespace torch_tensorrt::engine::aten
