#include <algorithm>
#include <cstring>

#include "torch_tensorrt/core/network/host/evaluate_elements.h"
#include "torch_tensorrt/core/network/host/evaluate_families.h"
#include "torch_tensorrt/core/util/macros.h"

// Layers that pick elements by index.
namespace torch_tensorrt::network {
namespace {

constexpr int64_t kOutside = -1;

// Source of element `index` in a dimension of `size` elements, or kOutside.
int64_t sampled(int64_t index, int64_t size, SampleMode mode) {
  if (index >= 0 && index < size) return index;
  switch (mode) {
    case SampleMode::kSTRICT_BOUNDS:
    case SampleMode::kFILL:
      return kOutside;
    case SampleMode::kCLAMP:
      return std::clamp<int64_t>(index, 0, size - 1);
    case SampleMode::kWRAP:
      return (index % size + size) % size;
    case SampleMode::kREFLECT: {
      if (size == 1) return 0;
      const int64_t period = 2 * (size - 1);
      const int64_t place = (index % period + period) % period;
      return place < size ? place : period - place;
    }
  }
  return kOutside;
}

int64_t setting(const Dims& attribute, const HostTensors& inputs, size_t input, int32_t axis) {
  const bool is_given = input < inputs.size() && inputs[input].data != nullptr;
  return is_given ? load_integer(inputs[input].type.dtype, inputs[input].values(), axis) : attribute.d[axis];
}

// The fill value as one element of the dtype.
std::vector<char> fill_element(const ISliceLayer& slice, const HostTensors& inputs, DataType type) {
  std::vector<char> element(static_cast<size_t>(element_size(type)));
  if (inputs.size() > 4 && inputs[4].data != nullptr) {
    std::memcpy(element.data(), inputs[4].values(), element.size());
  } else {
    store_double(type, element.data(), 0, slice.getFillValue());
  }
  return element;
}

// Copies to each place of the output the element that `source_of` gives; kOutside gives the fill element.
template <typename F>
void pick(const HostTensor& from, const MutableTensor& to, const char* fill, F source_of) {
  const auto size = static_cast<size_t>(element_size(to.type.dtype));
  auto* out = static_cast<char*>(to.values);
  walk<1>(to.type.dims, {row_major_strides(to.type.dims)}, [&](const std::array<int64_t, 1>& at) {
    const int64_t source = source_of(at[0]);
    const char* element =
        source == kOutside ? fill : static_cast<const char*>(from.values()) + static_cast<size_t>(source) * size;
    std::memcpy(out, element, size);
    out += size;
  });
}

// Index along every dimension of a flat index.
void unravel(int64_t flat, const Dims& dims, int64_t* place) {
  for (int32_t i = dims.nbDims - 1; i >= 0; --i) {
    place[i] = flat % dims.d[i];
    flat /= dims.d[i];
  }
}

int64_t ravel(const int64_t* place, const Dims& dims) {
  int64_t flat = 0;
  for (int32_t i = 0; i < dims.nbDims; ++i) flat = flat * dims.d[i] + place[i];
  return flat;
}

int64_t index_at(const HostTensor& indices, int64_t place, int64_t size) {
  const int64_t index = load_integer(indices.type.dtype, indices.values(), place);
  TORCHTRT_CHECK(index >= -size && index < size,
                 "gather: index " << index << " is out of range for a dimension of " << size);
  return index < 0 ? index + size : index;
}

// Output: shared dims, data dims before the axis, index dims behind the shared ones, data dims behind the axis.
int64_t default_source(const IGatherLayer& layer, const HostTensors& inputs, const int64_t* place) {
  const Dims& data = inputs[0].type.dims;
  const Dims& indices = inputs[1].type.dims;
  const int32_t axis = layer.getGatherAxis();
  const int32_t shared = layer.getNbElementWiseDims();
  const int32_t index_rank = indices.nbDims - shared;
  int64_t index_place[Dims::MAX_DIMS] = {};
  std::copy(place, place + shared, index_place);
  std::copy(place + axis, place + axis + index_rank, index_place + shared);
  int64_t source[Dims::MAX_DIMS] = {};
  std::copy(place, place + axis, source);
  source[axis] = index_at(inputs[1], ravel(index_place, indices), data.d[axis]);
  std::copy(place + axis + index_rank, place + index_rank + data.nbDims - 1, source + axis + 1);
  return ravel(source, data);
}

int64_t element_source(const IGatherLayer& layer, const HostTensors& inputs, const int64_t* place) {
  const Dims& data = inputs[0].type.dims;
  const int32_t axis = layer.getGatherAxis();
  int64_t source[Dims::MAX_DIMS] = {};
  std::copy(place, place + data.nbDims, source);
  source[axis] = index_at(inputs[1], ravel(place, inputs[1].type.dims), data.d[axis]);
  return ravel(source, data);
}

// Output: index dims without the last, then the data dims that the last one does not index.
int64_t nd_source(const IGatherLayer& layer, const HostTensors& inputs, const int64_t* place) {
  const Dims& data = inputs[0].type.dims;
  const Dims& indices = inputs[1].type.dims;
  const int32_t shared = layer.getNbElementWiseDims();
  const int64_t depth = indices.d[indices.nbDims - 1];
  const int64_t row = ravel(place, Dims(indices.nbDims - 1, indices.d));
  int64_t source[Dims::MAX_DIMS] = {};
  std::copy(place, place + shared, source);
  for (int64_t i = 0; i < depth; ++i) {
    source[shared + i] = index_at(inputs[1], row * depth + i, data.d[shared + i]);
  }
  const int64_t* rest = place + indices.nbDims - 1;
  std::copy(rest, rest + (data.nbDims - shared - depth), source + shared + depth);
  return ravel(source, data);
}

int64_t gather_source(const IGatherLayer& layer, const HostTensors& inputs, const int64_t* place) {
  switch (layer.getMode()) {
    case GatherMode::kDEFAULT:
      return default_source(layer, inputs, place);
    case GatherMode::kELEMENT:
      return element_source(layer, inputs, place);
    case GatherMode::kND:
      return nd_source(layer, inputs, place);
  }
  return kOutside;
}

}  // namespace

void ISliceLayer::evaluate(const HostTensors& inputs, const MutableTensor& output) const {
  const Dims& in = inputs[0].type.dims;
  const Dims& out = output.type.dims;
  const Strides strides = row_major_strides(in);
  // Offset of each index along each dimension; an element lies at the sum of its offsets.
  std::vector<std::vector<int64_t>> offsets(static_cast<size_t>(in.nbDims));
  for (int32_t axis = 0; axis < in.nbDims; ++axis) {
    const int64_t start = setting(start_, inputs, 1, axis);
    const int64_t stride = setting(stride_, inputs, 3, axis);
    for (int64_t i = 0; i < out.d[axis]; ++i) {
      const int64_t place = sampled(start + i * stride, in.d[axis], mode_);
      offsets[static_cast<size_t>(axis)].push_back(place == kOutside ? kOutside
                                                                     : place * strides[static_cast<size_t>(axis)]);
    }
  }
  const std::vector<char> fill = fill_element(*this, inputs, output.type.dtype);
  pick(inputs[0], output, fill.data(), [&](int64_t flat) {
    int64_t place[Dims::MAX_DIMS];
    unravel(flat, out, place);
    int64_t source = 0;
    for (int32_t axis = 0; axis < in.nbDims; ++axis) {
      const int64_t offset = offsets[static_cast<size_t>(axis)][static_cast<size_t>(place[axis])];
      if (offset == kOutside) return kOutside;
      source += offset;
    }
    return source;
  });
}

void IGatherLayer::evaluate(const HostTensors& inputs, const MutableTensor& output) const {
  pick(inputs[0], output, nullptr, [&](int64_t flat) {
    int64_t place[Dims::MAX_DIMS];
    unravel(flat, output.type.dims, place);
    return gather_source(*this, inputs, place);
  });
}

}  // namespace torch_tensorrt::network
