#include "torch_tensorrt/core/network/layers/pointwise.h"
#include "torch_tensorrt/core/network/host/scalar_formulas.h"
#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/network/shapes/shape_inference.h"
#include "torch_tensorrt/core/network/shapes/value_range.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {

std::vector<TensorType> IActivationLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1);
  const DataType type = inputs[0].type.dtype;
  const bool has_integer_form = type_ == ActivationType::kRELU || type_ == ActivationType::kCLIP;
  if (!is_floating_point(type) && !(has_integer_form && is_integral(type))) {
    TORCHTRT_THROW_ERROR(enum_name(type_) << " of " << enum_name(type)
                                          << " does not exist, the input must be a floating-point type; add a cast");
  }
  return {inputs[0].type};
}

void IActivationLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_enum("type", type_);
  visitor.visit("alpha", alpha_);
  visitor.visit("beta", beta_);
}

namespace {

bool has_integer_form(UnaryOperation op) {
  return op == UnaryOperation::kABS || op == UnaryOperation::kNEG || op == UnaryOperation::kSIGN;
}
bool is_predicate(UnaryOperation op) { return op == UnaryOperation::kISINF || op == UnaryOperation::kISNAN; }

bool takes_unary(UnaryOperation op, DataType type) {
  if (op == UnaryOperation::kNOT) {
    return type == DataType::kBOOL;
  }
  return is_floating_point(type) || (has_integer_form(op) && is_integral(type));
}

struct IntegerForm {
  UnaryOperation op;
  int64_t (*apply)(int64_t);
};
constexpr IntegerForm kIntegerForms[] = {
    {UnaryOperation::kABS, [](int64_t x) { return x < 0 ? -x : x; }},
    {UnaryOperation::kNEG, [](int64_t x) { return -x; }},
    {UnaryOperation::kSIGN, [](int64_t x) { return static_cast<int64_t>(x > 0) - static_cast<int64_t>(x < 0); }},
    {UnaryOperation::kNOT, [](int64_t x) { return static_cast<int64_t>(x == 0); }},
};

ShapeValue real_value(UnaryOperation op, std::vector<int64_t> elements, DataType result) {
  for (int64_t& value : elements) {
    if (value == ShapeValue::kUnknown) continue;
    const double computed = apply_unary(op, to_real(value));
    value = is_predicate(op) ? static_cast<int64_t>(computed != 0) : from_real(result, computed);
  }
  return {std::move(elements)};
}

}  // namespace

std::vector<TensorType> IUnaryLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1);
  const TensorType& type = inputs[0].type;
  if (!takes_unary(operation_, type.dtype)) {
    TORCHTRT_THROW_ERROR(enum_name(operation_)
                         << " of " << enum_name(type.dtype) << " does not exist; add a cast before it");
  }
  return {{is_predicate(operation_) ? DataType::kBOOL : type.dtype, type.dims}};
}

std::optional<ShapeValue> IUnaryLayer::infer_value(const std::vector<InferInput>& inputs,
                                                   const std::vector<TensorType>& outputs) const {
  if (inputs[0].value == nullptr) {
    return std::nullopt;
  }
  if (is_floating_point(inputs[0].type.dtype)) {
    return real_value(operation_, inputs[0].value->elements, outputs[0].dtype);
  }
  for (const IntegerForm& form : kIntegerForms) {
    if (form.op != operation_) {
      continue;
    }
    std::vector<int64_t> elements = inputs[0].value->elements;
    for (int64_t& value : elements) {
      value = value == ShapeValue::kUnknown ? value : if_fits(outputs[0].dtype, form.apply(value));
    }
    return ShapeValue{std::move(elements)};
  }
  return std::nullopt;
}

Interval IUnaryLayer::range_of(int64_t element, ValueRanges& ranges) const {
  return apply_unary(operation_, ranges.of_operand(*this, 0, element));
}

void IUnaryLayer::visit_attributes(AttributeVisitor& visitor) { visitor.visit_as_enum("op", operation_); }

namespace {

bool is_comparison(ElementWiseOperation op) {
  return op == ElementWiseOperation::kEQUAL || op == ElementWiseOperation::kGREATER ||
         op == ElementWiseOperation::kLESS;
}
bool is_logical(ElementWiseOperation op) {
  return op == ElementWiseOperation::kAND || op == ElementWiseOperation::kOR || op == ElementWiseOperation::kXOR;
}

bool is_bitwise(ElementWiseOperation op) {
  return op == ElementWiseOperation::kBIT_AND || op == ElementWiseOperation::kBIT_OR ||
         op == ElementWiseOperation::kBIT_XOR;
}

const char* wanted_types(ElementWiseOperation op) {
  if (is_logical(op)) return "bool";
  if (is_bitwise(op)) return "integers";
  return op == ElementWiseOperation::kATAN2 ? "floats" : "numbers";
}

bool takes_elementwise(ElementWiseOperation op, DataType type) {
  if (is_comparison(op)) return true;
  if (is_logical(op)) return type == DataType::kBOOL;
  if (is_bitwise(op)) return is_integral(type);
  return op == ElementWiseOperation::kATAN2 ? is_floating_point(type) : type != DataType::kBOOL;
}

void check_operand(ElementWiseOperation op, DataType type) {
  if (!takes_elementwise(op, type)) {
    TORCHTRT_THROW_ERROR(enum_name(op) << " of " << enum_name(type) << " does not exist, the inputs must be "
                                       << wanted_types(op) << "; add a cast before them");
  }
}

// Whether the integer result exists. Operations without one are left to run time.
bool is_defined(ElementWiseOperation op, int64_t b) {
  if (op == ElementWiseOperation::kDIV || op == ElementWiseOperation::kFLOOR_DIV || op == ElementWiseOperation::kFMOD ||
      op == ElementWiseOperation::kREMAINDER) {
    return b != 0;
  }
  return op != ElementWiseOperation::kPOW || b >= 0;
}

// Zero times an unknown float is not known to be zero: the factor may be infinite.
int64_t apply_real(ElementWiseOperation op, int64_t a, int64_t b, DataType result) {
  if (a == ShapeValue::kUnknown || b == ShapeValue::kUnknown) {
    return ShapeValue::kUnknown;
  }
  const double value = apply_elementwise(op, to_real(a), to_real(b));
  return result == DataType::kBOOL ? static_cast<int64_t>(value != 0) : from_real(result, value);
}

int64_t apply(ElementWiseOperation op, int64_t a, int64_t b, DataType type) {
  if (op == ElementWiseOperation::kPROD && (a == 0 || b == 0)) {
    return 0;
  }
  if (a == ShapeValue::kUnknown || b == ShapeValue::kUnknown || !is_defined(op, b)) {
    return ShapeValue::kUnknown;
  }
  return if_fits(type, apply_elementwise(op, a, b));
}

}  // namespace

std::vector<TensorType> IElementWiseLayer::infer(const std::vector<InferInput>& inputs) const {
  const size_t own = own_inputs(epilogue_, inputs.size());
  if (own != 2) {
    TORCHTRT_THROW_ERROR("has " << own << " inputs, must have 2");
  }
  expect_inputs(inputs, inputs.size());
  const TensorType& a = inputs[0].type;
  const TensorType& b = inputs[1].type;
  expect_same_type(a.dtype, b.dtype);
  check_operand(operation_, a.dtype);
  const TensorType type{is_comparison(operation_) ? DataType::kBOOL : a.dtype, broadcast_dims(a.dims, b.dims)};
  return {check_epilogue(epilogue_, inputs, type)};
}

std::optional<ShapeValue> IElementWiseLayer::infer_value(const std::vector<InferInput>& inputs,
                                                         const std::vector<TensorType>& outputs) const {
  const Dims& a = inputs[0].type.dims;
  const Dims& b = inputs[1].type.dims;
  if (!epilogue_.empty() || !a.is_static() || !b.is_static()) {
    return std::nullopt;
  }
  const auto compute = is_floating_point(inputs[0].type.dtype) ? apply_real : apply;
  std::vector<int64_t> elements(static_cast<size_t>(outputs[0].dims.volume()));
  for_each_index(outputs[0].dims, [&](size_t flat, const std::vector<int64_t>& index) {
    elements[flat] = compute(operation_, element(inputs[0], broadcast_index(a, index)),
                             element(inputs[1], broadcast_index(b, index)), outputs[0].dtype);
  });
  return finish_value(std::move(elements), inputs);
}

InputDim IElementWiseLayer::kept_dim(int32_t /*output*/, int32_t axis) const { return unrepeated_dim(*this, axis); }

std::vector<ElementSource> IElementWiseLayer::element_factors(int64_t element) const {
  if (operation_ != ElementWiseOperation::kPROD || !epilogue_.empty()) return {};
  std::vector<ElementSource> factors;
  for (const int32_t i : {0, 1}) {
    const Dims dims = getInput(i)->getDimensions();
    if (dims.nbDims > 1) return {};
    factors.push_back({getInput(i), dims.volume() == 1 ? 0 : element});
  }
  return factors;
}

Interval IElementWiseLayer::range_of(int64_t element, ValueRanges& ranges) const {
  if (!epilogue_.empty()) return everything();
  const bool integral = is_integral(getInput(0)->getType());
  return apply_elementwise(operation_, ranges.of_operand(*this, 0, element), ranges.of_operand(*this, 1, element),
                           integral);
}

FormatRole IElementWiseLayer::format_role() const { return role_if(operands_line_up(*this), FormatRole::kAgnostic); }

bool IElementWiseLayer::may_round() const {
  using Operation = ElementWiseOperation;
  return operation_ == Operation::kSUM || operation_ == Operation::kSUB || operation_ == Operation::kPROD ||
         operation_ == Operation::kDIV || operation_ == Operation::kMAX || operation_ == Operation::kMIN;
}

void IElementWiseLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_enum("op", operation_);
  visitor.visit("epilogue", epilogue_);
}

namespace {

int64_t choose(int64_t condition, int64_t then_value, int64_t else_value) {
  if (condition == ShapeValue::kUnknown) {
    return then_value == else_value ? then_value : ShapeValue::kUnknown;
  }
  return condition != 0 ? then_value : else_value;
}

}  // namespace

std::vector<TensorType> ISelectLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 3);
  if (inputs[0].type.dtype != DataType::kBOOL) {
    TORCHTRT_THROW_ERROR("the condition is " << enum_name(inputs[0].type.dtype)
                                             << ", must be bool; add a cast before it");
  }
  const TensorType& then_type = inputs[1].type;
  const TensorType& else_type = inputs[2].type;
  expect_same_type(then_type.dtype, else_type.dtype);
  const Dims dims = broadcast_dims(inputs[0].type.dims, broadcast_dims(then_type.dims, else_type.dims));
  return {{then_type.dtype, dims}};
}

std::optional<ShapeValue> ISelectLayer::infer_value(const std::vector<InferInput>& inputs,
                                                    const std::vector<TensorType>& outputs) const {
  for (const InferInput& input : inputs) {
    if (!input.type.dims.is_static()) {
      return std::nullopt;
    }
  }
  std::vector<int64_t> elements(static_cast<size_t>(outputs[0].dims.volume()));
  for_each_index(outputs[0].dims, [&](size_t flat, const std::vector<int64_t>& index) {
    int64_t values[3];
    for (size_t i = 0; i < 3; ++i) {
      values[i] = element(inputs[i], broadcast_index(inputs[i].type.dims, index));
    }
    elements[flat] = choose(values[0], values[1], values[2]);
  });
  return finish_value(std::move(elements), inputs);
}

InputDim ISelectLayer::kept_dim(int32_t /*output*/, int32_t axis) const { return unrepeated_dim(*this, axis); }

Interval ISelectLayer::range_of(int64_t element, ValueRanges& ranges) const {
  const Interval condition = ranges.of_operand(*this, 0, element);
  const Interval sides[] = {ranges.of_operand(*this, 2, element), ranges.of_operand(*this, 1, element)};
  return condition.is_point() ? sides[condition.low != 0] : hull(sides[0], sides[1]);
}

FormatRole ISelectLayer::format_role() const { return role_if(operands_line_up(*this), FormatRole::kAgnostic); }

void ISelectLayer::visit_attributes(AttributeVisitor& /*visitor*/) {}

namespace {

// Number of elements of each of the layer's weights; -1 if a dimension is not known yet.
int64_t expected_count(ScaleMode mode, int64_t channel_axis, const Dims& dims) {
  switch (mode) {
    case ScaleMode::kUNIFORM:
      return 1;
    case ScaleMode::kCHANNEL:
      expect_axis(channel_axis, dims);
      return dims.d[channel_axis];
    case ScaleMode::kELEMENTWISE:
      if (dims.nbDims < 1) {
        TORCHTRT_THROW_ERROR("the input is a scalar, must have a batch dimension");
      }
      return Dims(dims.nbDims - 1, dims.d + 1).volume();
  }
  TORCHTRT_THROW_ERROR("scale mode " << enum_name(mode) << " does not exist");
}

void check_weights(const char* what, const Weights& weights, DataType type, int64_t expected) {
  if (weights.count == 0) {
    return;
  }
  if (expected != -1 && weights.count != expected) {
    TORCHTRT_THROW_ERROR("the " << what << " has " << weights.count << " elements, must have " << expected);
  }
  if (weights.type != type && weights.type != DataType::kFLOAT) {
    TORCHTRT_THROW_ERROR("the " << what << " is " << enum_name(weights.type) << ", must be f32 or as the input "
                                << enum_name(type));
  }
}

}  // namespace

std::vector<TensorType> IScaleLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1);
  const TensorType& type = inputs[0].type;
  expect_floating_point(type.dtype);
  const int64_t expected = expected_count(mode_, channel_axis_, type.dims);
  check_weights("shift", shift_, type.dtype, expected);
  check_weights("scale", scale_, type.dtype, expected);
  check_weights("power", power_, type.dtype, expected);
  return {type};
}

void IScaleLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_enum("mode", mode_);
  visitor.visit("shift", shift_);
  visitor.visit("scale", scale_);
  visitor.visit("power", power_);
  visitor.visit("channel_axis", channel_axis_);
}

}  // namespace torch_tensorrt::network
