#include "torch_tensorrt/core/network/layers/movement.h"

#include <algorithm>
#include <cstdlib>

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
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

InputDim ISliceLayer::kept_dim(int32_t /*output*/, int32_t axis) const {
  const bool is_whole = getNbInputs() == 1 && start_.d[axis] == 0 && stride_.d[axis] == 1 && size_.d[axis] == -1;
  return is_whole ? InputDim{0, axis} : InputDim{};
}

ElementSource ISliceLayer::element_source(int64_t element) const {
  if (getNbInputs() != 1 || getInput(0)->getDimensions().nbDims != 1) return {};
  return {getInput(0), start_.d[0] + element * stride_.d[0]};
}

bool ISliceLayer::does_nothing() const {
  if (getNbInputs() > 1 || !all_are(start_, 0) || !all_are(stride_, 1)) return false;
  const Dims dims = getInput(0)->getDimensions();
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    if (size_.d[i] != -1 && size_.d[i] != dims.d[i]) return false;
  }
  return true;
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

InputDim IConcatenationLayer::kept_dim(int32_t /*output*/, int32_t axis) const {
  return axis != axis_ ? InputDim{0, axis} : InputDim{};
}

ElementSource IConcatenationLayer::element_source(int64_t element) const {
  for (int32_t i = 0; i < getNbInputs(); ++i) {
    const Dims dims = getInput(i)->getDimensions();
    if (dims.nbDims != 1 || dims.d[0] < 0) return {};
    if (element < dims.d[0]) return {getInput(i), element};
    element -= dims.d[0];
  }
  return {};
}

void IConcatenationLayer::visit_attributes(AttributeVisitor& visitor) { visitor.visit_as_integer("axis", axis_); }

}  // namespace torch_tensorrt::network
