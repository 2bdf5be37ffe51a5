#include "torch_tensorrt/core/network/layers/constant.h"

#include <cstring>

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
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

}  // namespace torch_tensorrt::network
