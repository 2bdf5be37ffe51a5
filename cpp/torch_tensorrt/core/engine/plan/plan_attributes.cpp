#include "torch_tensorrt/core/engine/plan/plan_attributes.h"

#include <limits>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {

network::Dims read_dims(const flatbuffers::Vector<int64_t>* list) { return network::Dims(read_list(list)); }

int32_t read_enum(const flatbuffers::String* name, const network::EnumTable& table) {
  int32_t value = 0;
  if (!table.find_value(read_text(name), &value)) {
    TORCHTRT_THROW_ERROR("the " << table.type_name << " \"" << read_text(name) << "\" is unknown to this library");
  }
  return value;
}

void check_attribute(const char* name, int64_t value) {
  if (value >= std::numeric_limits<int32_t>::min() && value <= std::numeric_limits<int32_t>::max()) return;
  TORCHTRT_THROW_ERROR("attribute " << name << " is " << value << ", a plan holds numbers of 32 bits");
}

void check_attribute(const char* name, const network::Dims& dims) {
  for (int32_t i = 0; i < dims.nbDims; ++i) check_attribute(name, dims.d[i]);
}

AttributeReader::AttributeReader(const fb::Layer& layer, FindWeights find_weights)
    : find_weights_(std::move(find_weights)) {
  if (layer.attributes() == nullptr) return;
  for (const fb::Attribute* attribute : *layer.attributes()) {
    if (attribute->value() != nullptr) attributes_.emplace(read_text(attribute->name()), attribute);
  }
}

template <typename T>
const T& AttributeReader::find(const char* name) const {
  const auto found = attributes_.find(name);
  if (found == attributes_.end()) TORCHTRT_THROW_ERROR("attribute " << name << " is missing");
  const T* value = found->second->value_as<T>();
  if (value == nullptr) {
    TORCHTRT_THROW_ERROR("attribute " << name << " is of kind " << fb::EnumNameValue(found->second->value_type())
                                      << ", expected " << fb::EnumNameValue(fb::ValueTraits<T>::enum_value));
  }
  return *value;
}

template <typename T>
const T* AttributeReader::find_old(const char* name) const {
  const auto found = attributes_.find(name);
  return found == attributes_.end() ? nullptr : found->second->value_as<T>();
}

void AttributeReader::visit(const char* name, bool& value) { value = find<fb::Bool>(name).value(); }
void AttributeReader::visit(const char* name, int64_t& value) {
  value = find<fb::Int>(name).value();
  check_attribute(name, value);
}
void AttributeReader::visit(const char* name, double& value) {
  if (const auto* single = find_old<fb::Float>(name)) {
    value = static_cast<double>(single->value());
    return;
  }
  value = find<fb::Double>(name).value();
}
void AttributeReader::visit(const char* name, std::optional<double>& value) {
  value.reset();
  if (const auto* given = find_old<fb::Double>(name)) {
    if (given->value() != 0.0) value = given->value();
    return;
  }
  const auto number = find<fb::OptionalDouble>(name).value();
  if (number.has_value()) value = *number;
}
void AttributeReader::visit(const char* name, std::string& value) { value = read_text(find<fb::Text>(name).value()); }
void AttributeReader::visit(const char* name, network::Dims& value) {
  value = read_dims(find<fb::DimsValue>(name).values());
  check_attribute(name, value);
}
void AttributeReader::visit(const char* name, std::vector<int64_t>& value) {
  value = read_list(find<fb::IntList>(name).values());
  for (const int64_t element : value) check_attribute(name, element);
}
void AttributeReader::visit(const char* name, std::vector<double>& value) {
  if (const auto* singles = find_old<fb::FloatList>(name)) {
    const auto list = read_list(singles->values());
    value.assign(list.begin(), list.end());
    return;
  }
  value = read_list(find<fb::DoubleList>(name).values());
}
void AttributeReader::visit(const char* name, network::Weights& value) {
  value = find_weights_(find<fb::WeightsRef>(name));
}

void AttributeReader::visit(const char* name, network::Epilogue& value) {
  using Kind = network::EpilogueOp::Kind;
  value.clear();
  const auto* ops = find<fb::Epilogue>(name).ops();
  if (ops == nullptr) return;
  for (const fb::EpilogueOp* op : *ops) {
    const auto kind = static_cast<Kind>(op->kind());
    if (kind != Kind::kActivation && kind != Kind::kElementWise) {
      TORCHTRT_THROW_ERROR("an epilogue operation is of the unknown kind " << op->kind());
    }
    const double alpha = op->exact_alpha().value_or(static_cast<double>(op->alpha()));
    const double beta = op->exact_beta().value_or(static_cast<double>(op->beta()));
    value.push_back({kind, read_enum<network::ActivationType>(op->activation()), alpha, beta,
                     read_enum<network::ElementWiseOperation>(op->elementwise()), op->input(), op->swapped()});
  }
}

void AttributeReader::visit_enum(const char* name, int32_t& value, const network::EnumTable& table) {
  value = read_enum(find<fb::Enum>(name).value(), table);
}

}  // namespace torch_tensorrt::engine
