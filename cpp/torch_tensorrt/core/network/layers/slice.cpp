#include "torch_tensorrt/core/network/layers/slice.h"

#include <algorithm>
#include <cstdlib>

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

constexpr int64_t kUnknown = ShapeValue::kUnknown;

// The attribute, or the input that stands for it.
std::vector<int64_t> setting(const char* name, const Dims& attribute, const std::vector<InferInput>& inputs,
                             size_t index, int32_t rank) {
  if (is_present(inputs, index)) {
    return shape_input(name, inputs[index], rank);
  }
  if (attribute.nbDims != rank) {
    TORCHTRT_THROW_ERROR("the " << name << " " << to_string(attribute) << " has " << attribute.nbDims
                                << " entries, must have " << rank << ", one a dimension of the input");
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

// Elements from start to the end of the dimension; -1 when not known.
int64_t size_to_end(const Range& range, int64_t dim, int32_t axis) {
  if (range.start == kUnknown || range.stride == kUnknown || dim == -1) {
    return -1;
  }
  if (range.stride == 0) {
    TORCHTRT_THROW_ERROR("the size of dimension " << axis << " is -1, to the end, which a stride of 0 never reaches");
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
    // What the other modes put outside is not shape arithmetic.
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

}  // namespace torch_tensorrt::network
