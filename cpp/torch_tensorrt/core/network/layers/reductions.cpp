#include "torch_tensorrt/core/network/layers/reductions.h"

#include <algorithm>

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/network/shapes/value_range.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

void check_type(ReduceOperation operation, DataType type) {
  bool fits = true;
  switch (operation) {
    case ReduceOperation::kSUM:
    case ReduceOperation::kPROD:
      fits = type != DataType::kBOOL;
      break;
    case ReduceOperation::kAVG:
      fits = is_floating_point(type);
      break;
    case ReduceOperation::kMAX:
    case ReduceOperation::kMIN:
      break;
    case ReduceOperation::kNONE:
      fits = false;
      break;
  }
  if (!fits) {
    TORCHTRT_THROW_ERROR(enum_name(operation) << " of " << enum_name(type) << " does not exist; add a cast before it");
  }
}

Dims reduced(const Dims& dims, uint32_t axes, bool keep_dimensions) {
  std::vector<int64_t> out;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    if (!has_axis(axes, i)) {
      out.push_back(dims.d[i]);
    } else if (keep_dimensions) {
      out.push_back(1);
    }
  }
  return Dims(out);
}

// Wraps around, as PyTorch's integers do.
int64_t wrapped(uint64_t value) { return static_cast<int64_t>(value); }

struct Folder {
  ReduceOperation operation;
  int64_t start;
  int64_t (*combine)(int64_t, int64_t);
};
constexpr Folder kFolders[] = {
    {ReduceOperation::kSUM, 0,
     [](int64_t a, int64_t b) { return wrapped(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); }},
    {ReduceOperation::kPROD, 1,
     [](int64_t a, int64_t b) { return wrapped(static_cast<uint64_t>(a) * static_cast<uint64_t>(b)); }},
    {ReduceOperation::kMAX, INT64_MIN + 1, [](int64_t a, int64_t b) { return std::max(a, b); }},
    {ReduceOperation::kMIN, INT64_MAX, [](int64_t a, int64_t b) { return std::min(a, b); }},
};

const Folder* find_folder(ReduceOperation operation) {
  for (const Folder& folder : kFolders) {
    if (folder.operation == operation) {
      return &folder;
    }
  }
  return nullptr;
}

int64_t combine(const Folder& folder, int64_t a, int64_t b) {
  if (folder.operation == ReduceOperation::kPROD && (a == 0 || b == 0)) {
    return 0;
  }
  const bool known = a != ShapeValue::kUnknown && b != ShapeValue::kUnknown;
  return known ? folder.combine(a, b) : ShapeValue::kUnknown;
}

}  // namespace

std::vector<TensorType> IReduceLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_average_inputs(epilogue_, operation_ == ReduceOperation::kAVG, inputs);
  const TensorType& type = inputs[0].type;
  expect_axes(axes_, type.dims);
  if (!begins_with_dequantize(epilogue_)) check_type(operation_, type.dtype);
  return {check_epilogue(epilogue_, inputs, {type.dtype, reduced(type.dims, axes_, keep_dimensions_)})};
}

std::optional<ShapeValue> IReduceLayer::infer_value(const std::vector<InferInput>& inputs,
                                                    const std::vector<TensorType>& outputs) const {
  const Folder* folder = find_folder(operation_);
  const Dims& dims = inputs[0].type.dims;
  const bool is_real = is_floating_point(inputs[0].type.dtype);
  if (inputs[0].value == nullptr || folder == nullptr || is_real || dims.volume() == 0) {
    return std::nullopt;
  }
  const Dims kept = reduced(dims, axes_, /*keep_dimensions=*/true);
  std::vector<int64_t> elements(static_cast<size_t>(kept.volume()), folder->start);
  for_each_index(dims, [&](size_t flat, const std::vector<int64_t>& index) {
    int64_t& target = elements[broadcast_index(kept, index)];
    target = combine(*folder, target, element(inputs[0], flat));
  });
  for (int64_t& value : elements) {
    value = if_fits(outputs[0].dtype, value);
  }
  return ShapeValue{std::move(elements)};
}

// Reduced dimensions vanish or become 1.
InputDim IReduceLayer::kept_dim(int32_t /*output*/, int32_t axis) const {
  if (keep_dimensions_) return has_axis(axes_, axis) ? InputDim{} : InputDim{0, axis};
  const int32_t rank = getInput(0)->getDimensions().nbDims;
  for (int32_t i = 0, kept = 0; i < rank; ++i) {
    if (!has_axis(axes_, i) && kept++ == axis) return {0, i};
  }
  return {};
}

Interval IReduceLayer::range_of(int64_t /*element*/, ValueRanges& ranges) const {
  const std::pair<ReduceOperation, ElementWiseOperation> steps[] = {
      {ReduceOperation::kSUM, ElementWiseOperation::kSUM},
      {ReduceOperation::kPROD, ElementWiseOperation::kPROD},
      {ReduceOperation::kMAX, ElementWiseOperation::kMAX},
      {ReduceOperation::kMIN, ElementWiseOperation::kMIN}};
  const ITensor& input = *getInput(0);
  const Dims dims = input.getDimensions();
  const auto* step =
      std::find_if(std::begin(steps), std::end(steps), [&](const auto& row) { return row.first == operation_; });
  if (dims.nbDims != 1 || dims.d[0] < 1 || step == std::end(steps)) return everything();
  Interval all = ranges.of_element(input, 0);
  for (int64_t i = 1; i < dims.d[0]; ++i) {
    all = apply_elementwise(step->second, all, ranges.of_element(input, i), is_integral(input.getType()));
  }
  return all;
}

// Where dimensions vanish, the channels become another dimension, unless too few are left to have any.
FormatRole IReduceLayer::format_role() const {
  const bool keeps_channels = keep_dimensions_ || !has_channels(*getOutput(0));
  return role_if(keeps_channels, FormatRole::kAgnostic);
}

void IReduceLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_enum("op", operation_);
  visitor.visit_as_integer("axes", axes_);
  visitor.visit("keep_dims", keep_dimensions_);
  visitor.visit("epilogue", epilogue_);
}

std::vector<TensorType> ISoftMaxLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1);
  const TensorType& type = inputs[0].type;
  expect_floating_point(type.dtype);
  // PyTorch allows the softmax of a scalar over its "dimension 0".
  const bool is_scalar = type.dims.nbDims == 0 && axes_ == 1;
  if (!is_scalar) {
    expect_axes(axes_, type.dims);
  }
  if (axes_ == 0 || (axes_ & (axes_ - 1)) != 0) {
    TORCHTRT_THROW_ERROR("axes mask is " << axes_ << ", must have exactly one bit set");
  }
  return {type};
}

void ISoftMaxLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_integer("axes", axes_);
  visitor.visit("log", log_);
}

namespace {

int64_t computed_k(const InferInput& input) {
  if (input.type.dims.volume() != 1 || !is_integral(input.type.dtype)) {
    TORCHTRT_THROW_ERROR("the k input is " << enum_name(input.type.dtype) << " " << to_string(input.type.dims)
                                           << ", must be one integer");
  }
  return element(input, 0);
}

}  // namespace

std::vector<TensorType> ITopKLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1, 2);
  const TensorType& type = inputs[0].type;
  expect_axes(axes_, type.dims);
  if (axes_ == 0 || (axes_ & (axes_ - 1)) != 0) {
    TORCHTRT_THROW_ERROR("axes mask is " << axes_ << ", must have exactly one bit set");
  }
  if (type.dtype == DataType::kBOOL) {
    TORCHTRT_THROW_ERROR("top-k of bool does not exist; add a cast before it");
  }
  if (indices_type_ != DataType::kINT32 && indices_type_ != DataType::kINT64) {
    TORCHTRT_THROW_ERROR("the type of the indices is " << enum_name(indices_type_) << ", must be i32 or i64");
  }
  const int32_t axis = __builtin_ctz(axes_);
  const int64_t size = type.dims.d[axis];
  const int64_t k = is_present(inputs, 1) ? computed_k(inputs[1]) : k_;
  if (k == ShapeValue::kUnknown) {
    Dims dims = type.dims;
    dims.d[axis] = -1;
    return {{type.dtype, dims}, {indices_type_, dims}};
  }
  if (k < 0 || (size >= 0 && k > size)) {
    TORCHTRT_THROW_ERROR("k is " << k << ", must be at least 0 and at most the size of dimension " << axis << " of "
                                 << to_string(type.dims));
  }
  Dims dims = type.dims;
  dims.d[axis] = k;
  return {{type.dtype, dims}, {indices_type_, dims}};
}

InputDim ITopKLayer::kept_dim(int32_t /*output*/, int32_t axis) const {
  return has_axis(axes_, axis) ? InputDim{} : InputDim{0, axis};
}

void ITopKLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_enum("op", operation_);
  visitor.visit("k", k_);
  visitor.visit_as_integer("axes", axes_);
  visitor.visit_as_enum("indices_type", indices_type_);
  visitor.visit("stable", stable_);
}

std::vector<TensorType> ICumulativeLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1);
  const TensorType& type = inputs[0].type;
  expect_axis(axis_, type.dims);
  if (type.dtype == DataType::kBOOL) {
    TORCHTRT_THROW_ERROR("a running " << enum_name(operation_) << " of bool does not exist; add a cast before it");
  }
  return {type};
}

void ICumulativeLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_enum("op", operation_);
  visitor.visit_as_integer("axis", axis_);
}

}  // namespace torch_tensorrt::network
