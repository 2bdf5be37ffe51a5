#include "torch_tensorrt/core/network/layers/movement.h"

#include <algorithm>
#include <cstdlib>

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/network/layers/reshape.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

Dims transposed(const Dims& dims, const Permutation& permutation, const char* which) {
  Dims out = dims;
  bool seen[Dims::MAX_DIMS] = {};
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    const int32_t from = permutation.order[i];
    if (from < 0 || from >= dims.nbDims || seen[from]) {
      TORCHTRT_THROW_ERROR("the " << which << " transpose takes dimension " << from << " for dimension " << i
                                  << ", must be a permutation of 0.." << dims.nbDims - 1 << " for the dims "
                                  << to_string(dims));
    }
    seen[from] = true;
    out.d[i] = dims.d[from];
  }
  return out;
}

std::vector<int64_t> transposed_elements(const std::vector<int64_t>& elements, const Dims& dims,
                                         const Permutation& permutation) {
  const std::vector<int64_t> strides = strides_of(dims);
  std::vector<int64_t> out(elements.size());
  for_each_index(transposed(dims, permutation, "value's"), [&](size_t flat, const std::vector<int64_t>& index) {
    int64_t source = 0;
    for (size_t i = 0; i < index.size(); ++i) {
      source += index[i] * strides[static_cast<size_t>(permutation.order[i])];
    }
    out[flat] = elements[static_cast<size_t>(source)];
  });
  return out;
}

Permutation inverse(const Permutation& permutation, int32_t rank) {
  Permutation out;
  for (int32_t i = 0; i < rank; ++i) {
    out.order[permutation.order[i]] = i;
  }
  return out;
}

// Drops the trailing entries that are in place, or zeros left by an aggregate initializer. Empty: the identity.
std::vector<int64_t> to_vector(const Permutation& permutation) {
  int32_t count = Dims::MAX_DIMS;
  while (count > 1 && permutation.order[count - 1] == 0) {
    --count;
  }
  while (count > 0 && permutation.order[count - 1] == count - 1) {
    --count;
  }
  return {permutation.order, permutation.order + count};
}

Permutation to_permutation(const char* name, const std::vector<int64_t>& order) {
  const auto rank = static_cast<int64_t>(order.size());
  Permutation out;
  for (size_t i = 0; i < order.size(); ++i) {
    if (rank > Dims::MAX_DIMS || order[i] < 0 || order[i] >= rank) {
      TORCHTRT_THROW_ERROR("attribute " << name << " has " << rank << " entries with " << order[i]
                                        << " among them, must be a permutation of at most " << Dims::MAX_DIMS);
    }
    out.order[i] = static_cast<int32_t>(order[i]);
  }
  return out;
}

void visit_permutation(AttributeVisitor& visitor, const char* name, Permutation& permutation) {
  const std::vector<int64_t> before = to_vector(permutation);
  std::vector<int64_t> order = before;
  visitor.visit(name, order);
  if (order != before) {
    permutation = to_permutation(name, order);
  }
}

std::vector<int64_t> spec_of_input(const InferInput& shape) {
  const Dims& dims = shape.type.dims;
  if (dims.nbDims != 1 || dims.d[0] < 0 || dims.d[0] > Dims::MAX_DIMS) {
    TORCHTRT_THROW_ERROR("the reshape dimensions input is "
                         << to_string(dims) << ", must have one known dimension of 0 to " << Dims::MAX_DIMS);
  }
  return shape_input("reshape dimensions", shape, static_cast<int32_t>(dims.d[0]));
}

}  // namespace

void IShuffleLayer::setReshapeDimensions(const Dims& dims) {
  reshape_ = dims;
  has_reshape_ = true;
  invalidate();
}

std::vector<TensorType> IShuffleLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1, 2);
  TensorType type = inputs[0].type;
  type.dims = transposed(type.dims, first_transpose_, "first");
  if (is_present(inputs, 1)) {
    type.dims = resolve_reshape(type.dims, spec_of_input(inputs[1]), zero_is_placeholder_);
  } else if (has_reshape_) {
    type.dims = resolve_reshape(type.dims, reshape_.to_vector(), zero_is_placeholder_);
  }
  type.dims = transposed(type.dims, second_transpose_, "second");
  return {type};
}

std::optional<ShapeValue> IShuffleLayer::infer_value(const std::vector<InferInput>& inputs,
                                                     const std::vector<TensorType>& outputs) const {
  if (inputs[0].value == nullptr) {
    return std::nullopt;
  }
  const Dims& out = outputs[0].dims;
  const Dims middle = transposed(out, inverse(second_transpose_, out.nbDims), "inverse of the second");
  std::vector<int64_t> elements = transposed_elements(inputs[0].value->elements, inputs[0].type.dims, first_transpose_);
  return ShapeValue{transposed_elements(elements, middle, second_transpose_)};
}

void IShuffleLayer::visit_attributes(AttributeVisitor& visitor) {
  visit_permutation(visitor, "first_transpose", first_transpose_);
  visitor.visit("has_reshape", has_reshape_);
  visitor.visit("reshape", reshape_);
  visitor.visit("zero_is_placeholder", zero_is_placeholder_);
  visit_permutation(visitor, "second_transpose", second_transpose_);
}

namespace {

constexpr int64_t kUnknown = ShapeValue::kUnknown;

// The attribute, or the input that replaces it.
std::vector<int64_t> setting(const char* name, const Dims& attribute, const std::vector<InferInput>& inputs,
                             size_t index, int32_t rank) {
  if (is_present(inputs, index)) {
    return shape_input(name, inputs[index], rank);
  }
  if (attribute.nbDims != rank) {
    TORCHTRT_THROW_ERROR("the " << name << " " << to_string(attribute) << " has " << attribute.nbDims
                                << " entries, must have " << rank << ", one per dimension of the input");
  }
  return attribute.to_vector();
}

struct Range {
  int64_t start;
  int64_t size;
  int64_t stride;
};

void check_bounds(const Range& range, int64_t dim, int32_t axis) {
  const bool known = range.start != kUnknown && range.stride != kUnknown && dim != -1;
  if (!known || range.size <= 0) {
    return;
  }
  const int64_t last = range.start + (range.size - 1) * range.stride;
  if (std::min(range.start, last) < 0 || std::max(range.start, last) >= dim) {
    TORCHTRT_THROW_ERROR("takes elements " << range.start << ".." << last << " of dimension " << axis << ", which has "
                                           << dim << "; a mode other than strict_bounds would allow it");
  }
}

// Number of elements from start to the end of the dimension; -1 if unknown.
int64_t size_to_end(const Range& range, int64_t dim, int32_t axis) {
  if (range.start == kUnknown || range.stride == kUnknown || dim == -1) {
    return -1;
  }
  if (range.stride == 0) {
    TORCHTRT_THROW_ERROR("the size of dimension " << axis
                                                  << " is -1 (to the end), but a stride of 0 never reaches the end");
  }
  const int64_t room = range.stride > 0 ? dim - range.start : range.start + 1;
  const int64_t step = std::abs(range.stride);
  return room <= 0 ? 0 : (room + step - 1) / step;
}

int64_t size_of(Range range, SampleMode mode, int64_t dim, int32_t axis) {
  if (range.size == kUnknown) {
    return -1;
  }
  if (range.size < -1) {
    TORCHTRT_THROW_ERROR("the size of dimension " << axis << " is " << range.size << ", must be at least -1");
  }
  if (range.size == -1) {
    range.size = size_to_end(range, dim, axis);
  }
  if (mode == SampleMode::kSTRICT_BOUNDS) {
    check_bounds(range, dim, axis);
  } else if (mode != SampleMode::kFILL && dim == 0 && range.size > 0) {
    TORCHTRT_THROW_ERROR("takes " << range.size << " elements of dimension " << axis << ", which is empty");
  }
  return range.size;
}

void check_fill_input(const std::vector<InferInput>& inputs) {
  if (!is_present(inputs, 4)) {
    return;
  }
  const TensorType& fill = inputs[4].type;
  expect_same_type(inputs[0].type.dtype, fill.dtype);
  if (fill.dims.volume() != 1) {
    TORCHTRT_THROW_ERROR("the fill value input is " << to_string(fill.dims) << ", must have one element");
  }
}

}  // namespace

std::vector<TensorType> ISliceLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1, 5);
  TensorType type = inputs[0].type;
  const int32_t rank = type.dims.nbDims;
  const std::vector<int64_t> start = setting("start", start_, inputs, 1, rank);
  const std::vector<int64_t> size = setting("size", size_, inputs, 2, rank);
  const std::vector<int64_t> stride = setting("stride", stride_, inputs, 3, rank);
  check_fill_input(inputs);
  for (int32_t i = 0; i < rank; ++i) {
    const auto at = static_cast<size_t>(i);
    type.dims.d[i] = size_of({start[at], size[at], stride[at]}, mode_, type.dims.d[i], i);
  }
  return {type};
}

std::optional<ShapeValue> ISliceLayer::infer_value(const std::vector<InferInput>& inputs,
                                                   const std::vector<TensorType>& outputs) const {
  if (inputs[0].value == nullptr || inputs[0].type.dims.nbDims != 1) {
    return std::nullopt;
  }
  const int64_t start = setting("start", start_, inputs, 1, 1)[0];
  const int64_t stride = setting("stride", stride_, inputs, 3, 1)[0];
  const int64_t count = inputs[0].type.dims.d[0];
  std::vector<int64_t> elements(static_cast<size_t>(outputs[0].dims.d[0]), kUnknown);
  for (size_t i = 0; i < elements.size() && start != kUnknown && stride != kUnknown; ++i) {
    const int64_t source = start + static_cast<int64_t>(i) * stride;
    // Elements outside, which the other modes allow, are not shape arithmetic.
    elements[i] = source >= 0 && source < count ? element(inputs[0], static_cast<size_t>(source)) : kUnknown;
  }
  return ShapeValue{std::move(elements)};
}

void ISliceLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit("start", start_);
  visitor.visit("size", size_);
  visitor.visit("stride", stride_);
  visitor.visit_as_enum("mode", mode_);
  visitor.visit("fill_value", fill_value_);
}

namespace {

void join(Dims* all, const Dims& next, int32_t axis) {
  if (all->nbDims != next.nbDims) {
    TORCHTRT_THROW_ERROR("inputs " << to_string(*all) << " and " << to_string(next)
                                   << " must have the same number of dimensions");
  }
  Dims joined = *all;
  for (int32_t i = 0; i < joined.nbDims; ++i) {
    if (i != axis) {
      joined.d[i] = merge_dim(all->d[i], next.d[i], *all, next);
    } else if (all->d[i] != -1) {
      joined.d[i] = next.d[i] == -1 ? -1 : all->d[i] + next.d[i];
    }
  }
  *all = joined;
}

}  // namespace

std::vector<TensorType> IConcatenationLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, inputs.empty() ? 1 : inputs.size());
  TensorType type = inputs[0].type;
  expect_axis(axis_, type.dims);
  for (size_t i = 1; i < inputs.size(); ++i) {
    expect_same_type(type.dtype, inputs[i].type.dtype);
    join(&type.dims, inputs[i].type.dims, axis_);
  }
  return {type};
}

std::optional<ShapeValue> IConcatenationLayer::infer_value(const std::vector<InferInput>& inputs,
                                                           const std::vector<TensorType>& outputs) const {
  const Dims& dims = outputs[0].dims;
  std::vector<int64_t> elements(static_cast<size_t>(dims.volume()));
  for_each_index(dims, [&](size_t flat, const std::vector<int64_t>& index) {
    std::vector<int64_t> inner = index;
    int64_t& along = inner[static_cast<size_t>(axis_)];
    size_t source = 0;
    while (along >= inputs[source].type.dims.d[axis_]) {
      along -= inputs[source].type.dims.d[axis_];
      ++source;
    }
    elements[flat] = element(inputs[source], flat_index(inputs[source].type.dims, inner));
  });
  return finish_value(std::move(elements), inputs);
}

void IConcatenationLayer::visit_attributes(AttributeVisitor& visitor) { visitor.visit_as_integer("axis", axis_); }

}  // namespace torch_tensorrt::network
