#include "torch_tensorrt/core/network/layers/basic.h"

#include <algorithm>
#include <cstring>

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/network/shapes/value_range.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {

std::vector<TensorType> IInputLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 0);
  const Dims& dims = type_.dims;
  if (std::any_of(dims.d, dims.d + dims.nbDims, [](int64_t d) { return d < -1; })) {
    TORCHTRT_THROW_ERROR("dims are " << to_string(dims) << ", each must be at least 0, or -1 for a dynamic one");
  }
  return {type_};
}

void IInputLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit_as_enum("dtype", type_.dtype);
  visitor.visit("dims", type_.dims);
}

namespace {

template <typename T>
std::vector<int64_t> read_as(const Weights& weights) {
  std::vector<int64_t> elements;
  for (int64_t i = 0; i < weights.count; ++i) {
    T value;
    std::memcpy(&value, static_cast<const char*>(weights.values) + i * static_cast<int64_t>(sizeof(T)), sizeof(T));
    elements.push_back(static_cast<int64_t>(value));
  }
  return elements;
}

template <typename T>
std::vector<int64_t> read_reals(const Weights& weights) {
  std::vector<int64_t> elements;
  for (int64_t i = 0; i < weights.count; ++i) {
    T value;
    std::memcpy(&value, static_cast<const char*>(weights.values) + i * static_cast<int64_t>(sizeof(T)), sizeof(T));
    elements.push_back(from_real(weights.type, static_cast<double>(value)));
  }
  return elements;
}

struct Reader {
  DataType type;
  std::vector<int64_t> (*read)(const Weights&);
};
constexpr Reader kReaders[] = {
    {DataType::kINT64, read_as<int64_t>},    {DataType::kINT32, read_as<int32_t>},
    {DataType::kINT8, read_as<int8_t>},      {DataType::kUINT8, read_as<uint8_t>},
    {DataType::kBOOL, read_as<uint8_t>},     {DataType::kFLOAT, read_reals<float>},
    {DataType::kDOUBLE, read_reals<double>}, {DataType::kINT16, read_as<int16_t>},
};

}  // namespace

std::vector<TensorType> IConstantLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 0);
  if (!dimensions_.is_static()) {
    TORCHTRT_THROW_ERROR("dims are " << to_string(dimensions_) << ", must all be known");
  }
  if (weights_.count != dimensions_.volume()) {
    TORCHTRT_THROW_ERROR("has " << weights_.count << " weights, must have " << dimensions_.volume() << " for the dims "
                                << to_string(dimensions_));
  }
  if (weights_.count > 0 && weights_.values == nullptr) {
    TORCHTRT_THROW_ERROR("the " << weights_.count << " weights have no memory");
  }
  return {{weights_.type, dimensions_}};
}

std::optional<ShapeValue> IConstantLayer::infer_value(const std::vector<InferInput>& /*inputs*/,
                                                      const std::vector<TensorType>& /*outputs*/) const {
  for (const Reader& reader : kReaders) {
    if (reader.type == weights_.type) {
      return ShapeValue{reader.read(weights_)};
    }
  }
  return std::nullopt;
}

void IConstantLayer::visit_attributes(AttributeVisitor& visitor) {
  visitor.visit("dims", dimensions_);
  visitor.visit("weights", weights_);
}

std::vector<TensorType> IIdentityLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1);
  return {inputs[0].type};
}

std::optional<ShapeValue> IIdentityLayer::infer_value(const std::vector<InferInput>& inputs,
                                                      const std::vector<TensorType>& /*outputs*/) const {
  return inputs[0].value != nullptr ? std::optional<ShapeValue>(*inputs[0].value) : std::nullopt;
}

void IIdentityLayer::visit_attributes(AttributeVisitor& /*visitor*/) {}

namespace {

int64_t to_integer(DataType to, double value) {
  // The conversion to int64 is undefined beyond these limits, and for NaN.
  constexpr double kLimit = 9.2e18;
  if (to == DataType::kBOOL) return static_cast<int64_t>(value != 0);
  if (!(value > -kLimit && value < kLimit)) return ShapeValue::kUnknown;
  return if_fits(to, static_cast<int64_t>(value));
}

int64_t cast_element(DataType from, DataType to, int64_t element) {
  if (element == ShapeValue::kUnknown) return element;
  if (is_floating_point(from)) {
    return is_floating_point(to) ? from_real(to, to_real(element)) : to_integer(to, to_real(element));
  }
  if (is_floating_point(to)) return from_real(to, static_cast<double>(element));
  return to == DataType::kBOOL ? static_cast<int64_t>(element != 0) : if_fits(to, element);
}

}  // namespace

std::vector<TensorType> ICastLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1);
  return {{to_type_, inputs[0].type.dims}};
}

std::optional<ShapeValue> ICastLayer::infer_value(const std::vector<InferInput>& inputs,
                                                  const std::vector<TensorType>& /*outputs*/) const {
  if (inputs[0].value == nullptr) {
    return std::nullopt;
  }
  std::vector<int64_t> elements = inputs[0].value->elements;
  for (int64_t& value : elements) value = cast_element(inputs[0].type.dtype, to_type_, value);
  return ShapeValue{std::move(elements)};
}

void ICastLayer::setOutputType(int32_t index, DataType type) {
  if (index != 0) {
    ILayer::setOutputType(index, type);
  } else {
    setToType(type);
  }
}

ElementSource ICastLayer::element_source(int64_t element) const {
  return is_integral(to_type_) ? ElementSource{getInput(0), element} : ElementSource{};
}

Interval ICastLayer::range_of(int64_t element, ValueRanges& ranges) const {
  return cast(ranges.of_element(*getInput(0), element), to_type_);
}

void ICastLayer::visit_attributes(AttributeVisitor& visitor) { visitor.visit_as_enum("to", to_type_); }

std::vector<TensorType> IReformatLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1);
  return {inputs[0].type};
}

void IReformatLayer::visit_attributes(AttributeVisitor& visitor) { visitor.visit("reason", reason_); }

std::vector<TensorType> IShapeLayer::infer(const std::vector<InferInput>& inputs) const {
  expect_inputs(inputs, 1);
  return {{DataType::kINT64, Dims{inputs[0].type.dims.nbDims}}};
}

std::optional<ShapeValue> IShapeLayer::infer_value(const std::vector<InferInput>& inputs,
                                                   const std::vector<TensorType>& /*outputs*/) const {
  ShapeValue value{inputs[0].type.dims.to_vector()};
  for (int64_t& dim : value.elements) {
    dim = dim == -1 ? ShapeValue::kUnknown : dim;
  }
  return value;
}

void IShapeLayer::visit_attributes(AttributeVisitor& /*visitor*/) {}

}  // namespace torch_tensorrt::network
