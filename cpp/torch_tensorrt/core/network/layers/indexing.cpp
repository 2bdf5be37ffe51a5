#include "torch_tensorrt/core/network/layers/indexing.h"

#include <algorithm>

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

void append(std::vector<int64_t>* out, const Dims& dims, int32_t first, int32_t last) {
  for (int32_t i = first; i < last; ++i) {
    out->push_back(dims.d[i]);
  }
}

// The leading dimensions shared by data and indices.
std::vector<int64_t> shared_dims(const Dims& data, const Dims& indices, int32_t count) {
  std::vector<int64_t> out;
  for (int32_t i = 0; i < count; ++i) {
    out.push_back(merge_dim(data.d[i], indices.d[i], data, indices));
  }
  return out;
}

void expect_elementwise_dims(int32_t count, int32_t limit, const Dims& data, const Dims& indices) {
  if (count < 0 || count > limit) {
    TORCHTRT_THROW_ERROR("has " << count << " element-wise dimensions, must have 0 to " << limit << " for the data "
                                << to_string(data) << " and the indices " << to_string(indices));
  }
}

Dims default_dims(const Dims& data, const Dims& indices, int32_t axis, int32_t shared) {
  expect_axis(axis, data);
  expect_elementwise_dims(shared, std::min(axis, indices.nbDims), data, indices);
  std::vector<int64_t> out = shared_dims(data, indices, shared);
  append(&out, data, shared, axis);
  append(&out, indices, shared, indices.nbDims);
  append(&out, data, axis + 1, data.nbDims);
  return Dims(out);
}

Dims element_dims(const Dims& data, const Dims& indices, int32_t axis) {
  expect_axis(axis, data);
  bool fits = data.nbDims == indices.nbDims;
  for (int32_t i = 0; fits && i < data.nbDims; ++i) {
    fits = i == axis || data.d[i] == -1 || indices.d[i] <= data.d[i];
  }
  if (!fits) {
    TORCHTRT_THROW_ERROR("indices " << to_string(indices) << " must have as many dimensions as the data "
                                    << to_string(data) << " and be no larger except in axis " << axis);
  }
  return indices;
}

Dims nd_dims(const Dims& data, const Dims& indices, int32_t shared) {
  if (indices.nbDims < 1) {
    TORCHTRT_THROW_ERROR("the indices are a scalar, must have at least 1 dimension");
  }
  expect_elementwise_dims(shared, std::min(data.nbDims, indices.nbDims - 1), data, indices);
  const int64_t depth = indices.d[indices.nbDims - 1];
  if (depth < 0 || depth > data.nbDims - shared) {
    TORCHTRT_THROW_ERROR("the last dimension of the indices " << to_string(indices) << " is " << depth
                                                              << ", must be known and at most " << data.nbDims - shared
                                                              << " for the data " << to_string(data));
  }
  std::vector<int64_t> out = shared_dims(data, indices, shared);
  append(&out, indices, shared, indices.nbDims - 1);
  append(&out, data, shared + static_cast<int32_t>(depth), data.nbDims);
  return Dims(out);
}

int64_t pick(const InferInput& data, int64_t index) {
  const int64_t count = data.type.dims.d[0];
  if (index == ShapeValue::kUnknown) {
    return ShapeValue::kUnknown;
  }
  if (index < -count || index >= count) {
    TORCHTRT_THROW_ERROR("index " << index << " is out of range for " << count << " elements");
  }
  return element(data, static_cast<size_t>(index < 0 ? index + count : index));
}

}  // namespace

std::vector<TensorType> IGatherLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 2);
  const TensorType& data = inputs[0].type;
  const TensorType& indices = inputs[1].type;
  if (indices.dtype != DataType::kINT32 && indices.dtype != DataType::kINT64) {
    TORCHTRT_THROW_ERROR("indices are " << enum_name(indices.dtype) << ", must be i32 or i64");
  }
  switch (mode_) {
    case GatherMode::kDEFAULT:
      return {{data.dtype, default_dims(data.dims, indices.dims, axis_, elementwise_dims_)}};
    case GatherMode::kELEMENT:
      return {{data.dtype, element_dims(data.dims, indices.dims, axis_)}};
    case GatherMode::kND:
      return {{data.dtype, nd_dims(data.dims, indices.dims, elementwise_dims_)}};
  }
  TORCHTRT_THROW_ERROR("gather mode " << enum_name(mode_) << " does not exist");
}

std::optional<ShapeValue> IGatherLayer::infer_value(const std::vector<InferInput>& inputs,
                                                    const std::vector<TensorType>& /*outputs*/) const {
  const bool picks_elements = inputs[0].type.dims.nbDims == 1 && mode_ != GatherMode::kND && elementwise_dims_ == 0;
  if (!picks_elements || inputs[0].value == nullptr || inputs[1].value == nullptr) {
    return std::nullopt;
  }
  std::vector<int64_t> elements;
  for (int64_t index : inputs[1].value->elements) {
    elements.push_back(pick(inputs[0], index));
  }
  return ShapeValue{std::move(elements)};
}

// The dims of the indices replace the axis.
InputDim IGatherLayer::kept_dim(int32_t /*output*/, int32_t axis) const {
  if (mode_ != GatherMode::kDEFAULT || elementwise_dims_ != 0) return {};
  const int32_t made = getInput(1)->getDimensions().nbDims;
  if (axis < axis_) return {0, axis};
  return axis < axis_ + made ? InputDim{1, axis - axis_} : InputDim{0, axis - made + 1};
}

ElementSource IGatherLayer::element_source(int64_t element) const {
  const Dims data = getInput(0)->getDimensions();
  const auto& indices = getInput(1)->shape_value();
  const bool picks = mode_ == GatherMode::kDEFAULT && elementwise_dims_ == 0;
  if (!picks || data.nbDims != 1 || !indices || !indices->is_known()) return {};
  const int64_t index = indices->elements[static_cast<size_t>(element)];
  return {getInput(0), index < 0 ? index + data.d[0] : index};
}

FormatRole IGatherLayer::format_role() const {
  const bool picks_one_index =
      mode_ == GatherMode::kDEFAULT && elementwise_dims_ == 0 && getInput(1)->getDimensions().nbDims == 1;
  return role_if(picks_one_index, FormatRole::kAgnostic);
}

void IGatherLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_enum("mode", mode_);
  visitor.visit_as_integer("axis", axis_);
  visitor.visit_as_integer("elementwise_dims", elementwise_dims_);
}

namespace {

bool may_equal(int64_t a, int64_t b) { return a == -1 || b == -1 || a == b; }

void check_element_dims(const Dims& data, const Dims& indices, const Dims& updates, int32_t axis) {
  expect_axis(axis, data);
  bool fits = data.nbDims == indices.nbDims && updates.nbDims == indices.nbDims;
  for (int32_t i = 0; fits && i < data.nbDims; ++i) {
    fits = may_equal(indices.d[i], updates.d[i]) && (i == axis || data.d[i] == -1 || indices.d[i] <= data.d[i]);
  }
  if (!fits) {
    TORCHTRT_THROW_ERROR("indices " << to_string(indices) << " and updates " << to_string(updates)
                                    << " must have the same dims, and be no larger than the data " << to_string(data)
                                    << " except in axis " << axis);
  }
}

void check_nd_dims(const Dims& data, const Dims& indices, const Dims& updates) {
  const int64_t depth = indices.nbDims > 0 ? indices.d[indices.nbDims - 1] : -1;
  if (depth < 0 || depth > data.nbDims) {
    TORCHTRT_THROW_ERROR("the last dimension of the indices " << to_string(indices)
                                                              << " must be known and at most the rank of the data "
                                                              << to_string(data));
  }
  std::vector<int64_t> wanted(indices.d, indices.d + indices.nbDims - 1);
  wanted.insert(wanted.end(), data.d + depth, data.d + data.nbDims);
  bool fits = updates.nbDims == static_cast<int32_t>(wanted.size());
  for (int32_t i = 0; fits && i < updates.nbDims; ++i) {
    fits = may_equal(updates.d[i], wanted[static_cast<size_t>(i)]);
  }
  if (!fits) {
    TORCHTRT_THROW_ERROR("updates are " << to_string(updates) << ", must be " << to_string(Dims(wanted))
                                        << " for indices " << to_string(indices) << " into data " << to_string(data));
  }
}

}  // namespace

std::vector<TensorType> IScatterLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 3);
  const TensorType& data = inputs[0].type;
  const TensorType& indices = inputs[1].type;
  const TensorType& updates = inputs[2].type;
  expect_same_type(data.dtype, updates.dtype);
  if (indices.dtype != DataType::kINT32 && indices.dtype != DataType::kINT64) {
    TORCHTRT_THROW_ERROR("indices are " << enum_name(indices.dtype) << ", must be i32 or i64");
  }
  if (reduction_ != ScatterReduction::kNONE && data.dtype == DataType::kBOOL) {
    TORCHTRT_THROW_ERROR("updates of bool cannot be combined; add a cast before the layer");
  }
  if (mode_ == ScatterMode::kELEMENT) {
    check_element_dims(data.dims, indices.dims, updates.dims, axis_);
  } else {
    check_nd_dims(data.dims, indices.dims, updates.dims);
  }
  return {data};
}

void IScatterLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_enum("mode", mode_);
  visitor.visit_as_integer("axis", axis_);
  visitor.visit_as_enum("reduction", reduction_);
  visitor.visit("include_self", include_self_);
}

std::vector<TensorType> INonZeroLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1);
  const Dims& dims = inputs[0].type.dims;
  if (dims.nbDims == 0) {
    TORCHTRT_THROW_ERROR("the input is a scalar, whose element has no indices; reshape it to one dimension first");
  }
  return {{DataType::kINT32, Dims{dims.nbDims, -1}}};
}

void INonZeroLayer::visit_attributes(AttributeVisitor& /*visitor*/) {}

}  // namespace torch_tensorrt::network
