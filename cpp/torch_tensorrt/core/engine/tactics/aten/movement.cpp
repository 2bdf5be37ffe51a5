#include <ATen/ATen.h>

#include <algorithm>

#include "torch_tensorrt/core/engine/tactics/aten/list.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine::aten {
namespace {

at::Tensor permute(const at::Tensor& tensor, const network::Permutation& permutation) {
  at::DimVector order(permutation.order, permutation.order + tensor.dim());
  return tensor.permute(order);
}

at::Tensor unpermute(const at::Tensor& tensor, const network::Permutation& permutation) {
  at::DimVector order(tensor.dim(), 0);
  for (int64_t i = 0; i < tensor.dim(); ++i) order[permutation.order[i]] = i;
  return tensor.permute(order);
}

// Makes one strided copy if the reshape can be a view of the input or of the output.
Compute make_shuffle(Request& request) {
  const auto& layer = request.layer<network::IShuffleLayer>();
  const at::Tensor from = permute(request.input(0), layer.getFirstTranspose());
  // The output before the second transpose.
  at::Tensor to = unpermute(request.output(), layer.getSecondTranspose());
  if (const auto view = try_view(from, to.sizes())) {
    return [from = *view, to]() mutable { to.copy_(from); };
  }
  if (const auto view = try_view(to, from.sizes())) {
    return [from, to = *view]() mutable { to.copy_(from); };
  }
  return [from, to]() mutable { to.copy_(from.reshape(to.sizes())); };
}

}  // namespace

const Row kShuffleRow = {"aten.shuffle", network::LayerType::kSHUFFLE, any_dtype, make_shuffle};

namespace {

using network::ISliceLayer;
using network::SampleMode;

// One dimension of a slice, resolved against the length of the input.
struct Axis {
  int64_t start = 0;
  int64_t count = 0;
  int64_t stride = 1;
  int64_t length = 0;

  int64_t at(int64_t i) const { return start + i * stride; }
  bool is_inside(int64_t index) const { return index >= 0 && index < length; }
  bool stays_inside() const { return count == 0 || (is_inside(at(0)) && is_inside(at(count - 1))); }
};

int64_t modulo(int64_t value, int64_t divisor) { return ((value % divisor) + divisor) % divisor; }

// The input element that replaces an index outside the input.
int64_t sample(int64_t index, int64_t length, SampleMode mode) {
  switch (mode) {
    case SampleMode::kSTRICT_BOUNDS:
    case SampleMode::kFILL:
      return index;
    case SampleMode::kCLAMP:
      return std::clamp<int64_t>(index, 0, length - 1);
    case SampleMode::kWRAP:
      return modulo(index, length);
    case SampleMode::kREFLECT: {
      if (length == 1) return 0;
      const int64_t period = 2 * (length - 1);
      const int64_t folded = modulo(index, period);
      return folded < length ? folded : period - folded;
    }
  }
  return index;
}

// Dims from a shape input if the layer has one, else from the attribute.
network::Dims dims_of(const Request& request, size_t input, const network::Dims& attribute) {
  const auto& instance = request.instance();
  if (input >= instance.present.size() || !instance.present[input]) return attribute;
  return network::Dims(instance.values[input]->elements);
}

std::vector<Axis> axes_of(const Request& request) {
  const auto& layer = request.layer<ISliceLayer>();
  const network::Dims start = dims_of(request, 1, layer.getStart());
  const network::Dims stride = dims_of(request, 3, layer.getStride());
  const at::IntArrayRef lengths = request.input(0).sizes();
  const at::IntArrayRef counts = request.output().sizes();
  std::vector<Axis> axes;
  for (size_t i = 0; i < lengths.size(); ++i) {
    axes.push_back({start.d[i], counts[i], stride.nbDims == 0 ? 1 : stride.d[i], lengths[i]});
  }
  return axes;
}

at::Tensor index_tensor(const Axis& axis, SampleMode mode, at::Device device) {
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < axis.count; ++i) indices.push_back(sample(axis.at(i), axis.length, mode));
  return at::tensor(indices, at::TensorOptions().dtype(at::kLong)).to(device);
}

// Element i of the dimension is start + i * stride, all inside; a stride of 0 repeats one element.
at::Tensor view_axis(const at::Tensor& x, int64_t dim, const Axis& axis) {
  at::DimVector sizes(x.sizes());
  at::DimVector strides(x.strides());
  sizes[static_cast<size_t>(dim)] = axis.count;
  strides[static_cast<size_t>(dim)] *= axis.stride;
  const int64_t first = axis.count == 0 ? 0 : axis.start;
  return x.as_strided(sizes, strides, x.storage_offset() + first * x.stride(dim));
}

// Selection by indices in a dimension that no view can express.
struct Selection {
  int64_t dim;
  at::Tensor indices;
};

Compute copy_selected(const at::Tensor& from, std::vector<Selection> selections, const at::Tensor& to) {
  return [from, selections = std::move(selections), to]() mutable {
    at::Tensor current = from;
    for (const Selection& selection : selections) current = at::index_select(current, selection.dim, selection.indices);
    to.copy_(current);
  };
}

// Every mode but filling: each dimension is a view if possible, else it is selected by indices.
Compute gather_axes(const at::Tensor& x, const std::vector<Axis>& axes, SampleMode mode, const at::Tensor& to) {
  at::Tensor view = x;
  std::vector<Selection> selections;
  for (size_t d = 0; d < axes.size(); ++d) {
    const auto dim = static_cast<int64_t>(d);
    if (axes[d].stays_inside() && axes[d].stride >= 0) {
      view = view_axis(view, dim, axes[d]);
    } else {
      selections.push_back({dim, index_tensor(axes[d], mode, x.device())});
    }
  }
  return copy_selected(view, std::move(selections), to);
}

// The part of the dimension whose elements are inside the input: the output's first index, and the elements to read.
std::pair<int64_t, Axis> inner_part(const Axis& axis) {
  int64_t first = 0;
  while (first < axis.count && !axis.is_inside(axis.at(first))) ++first;
  int64_t last = first;
  while (last < axis.count && axis.is_inside(axis.at(last))) ++last;
  return {first, {axis.at(first), last - first, axis.stride, axis.length}};
}

Compute fill_and_copy(Request& request, const std::vector<Axis>& axes) {
  const auto& layer = request.layer<ISliceLayer>();
  at::Tensor inside = request.output();
  std::vector<Axis> parts;
  for (size_t d = 0; d < axes.size(); ++d) {
    const auto [first, part] = inner_part(axes[d]);
    inside = inside.narrow(static_cast<int64_t>(d), part.count == 0 ? 0 : first, part.count);
    parts.push_back(part);
  }
  const bool has_value = request.inputs().size() > 4 && request.input(4).defined();
  const at::Tensor value = has_value ? request.input(4) : at::Tensor();
  const at::Scalar constant = at::isFloatingType(inside.scalar_type())
                                  ? at::Scalar(layer.getFillValue())
                                  : at::Scalar(static_cast<int64_t>(layer.getFillValue()));
  const bool fills = inside.numel() != request.output().numel();
  Compute copy = inside.numel() == 0 ? Compute() : gather_axes(request.input(0), parts, SampleMode::kFILL, inside);
  return [out = request.output(), value, constant, fills, copy]() mutable {
    if (fills && value.defined()) out.copy_(value.reshape({}).expand_as(out));
    if (fills && !value.defined()) out.fill_(constant);
    if (copy) copy();
  };
}

void check_bounds(const Request& request, const std::vector<Axis>& axes, SampleMode mode) {
  for (size_t d = 0; d < axes.size(); ++d) {
    const Axis& axis = axes[d];
    TORCHTRT_CHECK(mode != SampleMode::kSTRICT_BOUNDS || axis.stays_inside(),
                   "slice " << request.layer<ISliceLayer>().getName() << ": dimension " << d << " reads elements "
                            << axis.start << " to " << axis.at(axis.count - 1) << ", but there are " << axis.length);
    TORCHTRT_CHECK(axis.length > 0 || axis.count == 0 || mode == SampleMode::kFILL,
                   "slice " << request.layer<ISliceLayer>().getName() << ": dimension " << d
                            << " is empty, so nothing can be repeated");
  }
}

Decision shapes_known(const LayerInstance& instance) {
  for (size_t i = 1; i < std::min<size_t>(instance.present.size(), 4); ++i) {
    if (!instance.present[i] || (instance.values[i] && instance.values[i]->is_known())) continue;
    return Decision::no("the elements of its input " + std::to_string(i) + " are not known before it runs");
  }
  return Decision::yes();
}

Compute make_slice(Request& request) {
  const auto& layer = request.layer<ISliceLayer>();
  const std::vector<Axis> axes = axes_of(request);
  check_bounds(request, axes, layer.getMode());
  if (layer.getMode() == SampleMode::kFILL) return fill_and_copy(request, axes);
  return gather_axes(request.input(0), axes, layer.getMode(), request.output());
}

}  // namespace

const Row kSliceRow = {"aten.slice", network::LayerType::kSLICE, any_dtype,
                       make_slice,   /*in_place=*/false,         shapes_known};

namespace {

Compute make_concatenation(Request& request) {
  const int64_t axis = request.layer<network::IConcatenationLayer>().getAxis();
  const at::Tensor& out = request.output();
  std::vector<std::pair<at::Tensor, at::Tensor>> copies;
  int64_t offset = 0;
  for (const at::Tensor& input : request.inputs()) {
    const int64_t length = input.size(axis);
    copies.emplace_back(out.narrow(axis, offset, length), input);
    offset += length;
  }
  return [copies = std::move(copies)]() mutable {
    for (auto& [to, from] : copies) to.copy_(from);
  };
}

}  // namespace

const Row kConcatenationRow = {"aten.concatenation", network::LayerType::kCONCATENATION, any_dtype, make_concatenation};

// Layers that only move values one to one.

namespace {

Compute copy_input(Request& request) {
  return [x = request.input(0), out = request.output()]() mutable { out.copy_(x); };
}

}  // namespace

const Row kCastRow = {"aten.cast", network::LayerType::kCAST, any_dtype, copy_input};
const Row kIdentityRow = {"aten.identity", network::LayerType::kIDENTITY, any_dtype, copy_input};
const Row kReformatRow = {"aten.reformat", network::LayerType::kREFORMAT, any_dtype, copy_input};

}  // namespace torch_tensorrt::engine::aten
