#include "torch_tensorrt/core/engine/plan/plan_fields.h"

#include <charconv>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "torch_tensorrt/core/network/enum_names.h"
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
  // In files of format 3, averages and dequantize layers have none.
  if (attributes_.count(name) == 0) return;
  const auto* ops = find<fb::Epilogue>(name).ops();
  if (ops == nullptr) return;
  for (const fb::EpilogueOp* op : *ops) {
    const auto kind = static_cast<Kind>(op->kind());
    if (op->kind() < 0 || kind > Kind::kQuantize) {
      TORCHTRT_THROW_ERROR("an epilogue operation is of the unknown kind " << op->kind());
    }
    const double alpha = op->exact_alpha().value_or(static_cast<double>(op->alpha()));
    const double beta = op->exact_beta().value_or(static_cast<double>(op->beta()));
    value.push_back({kind, read_enum<network::ActivationType>(op->activation()), alpha, beta,
                     read_enum<network::ElementWiseOperation>(op->elementwise()), op->input(), op->swapped(),
                     op->type() == nullptr ? network::DataType::kINT8 : read_enum<network::DataType>(op->type())});
  }
}

void AttributeReader::visit_enum(const char* name, int32_t& value, const network::EnumTable& table) {
  value = read_enum(find<fb::Enum>(name).value(), table);
}

namespace {

template <typename T>
using Offset = flatbuffers::Offset<T>;

Offset<fb::Parameter> write_parameter(flatbuffers::FlatBufferBuilder& buffer, const Parameter& parameter) {
  const auto name = buffer.CreateString(parameter.name);
  const auto dtype = buffer.CreateSharedString(parameter.dtype);
  return fb::CreateParameter(buffer, name, dtype, buffer.CreateVector(parameter.dims));
}

network::EngineCapability read_capability(int32_t value) {
  const auto last = static_cast<int32_t>(network::EngineCapability::kDLA_STANDALONE);
  if (value < 0 || value > last)
    TORCHTRT_THROW_ERROR("the engine capability " << value << " is unknown to this library");
  return static_cast<network::EngineCapability>(value);
}

template <typename List, typename Read>
void read_each(const List* list, Read read) {
  if (list == nullptr) return;
  for (const auto* element : *list) read(*element);
}

// ---- settings as pairs of name and value ----------------------------------------------------------------------------

std::string write_value(bool value) { return value ? "true" : "false"; }
std::string write_value(int64_t value) { return std::to_string(value); }
std::string write_value(uint64_t value) { return std::to_string(value); }
std::string write_value(const std::string& value) { return value; }
std::string write_value(const std::vector<std::string>& list) {
  return list.empty() ? std::string()
                      : nlohmann::json(list).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

[[noreturn]] void throw_unreadable(const SettingRow& row, const std::string& text) {
  TORCHTRT_THROW_ERROR("the setting " << row.name << " is \"" << text
                                      << "\" in the engine, which is not a value of its type");
}

void read_value(const SettingRow& row, const std::string& text, bool& value) {
  if (text != "true" && text != "false") throw_unreadable(row, text);
  value = text == "true";
}
template <typename T, typename = std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>>>
void read_value(const SettingRow& row, const std::string& text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) throw_unreadable(row, text);
}
void read_value(const SettingRow&, const std::string& text, std::string& value) { value = text; }
void read_value(const SettingRow& row, const std::string& text, std::vector<std::string>& list) {
  list.clear();
  if (text.empty()) return;
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array()) throw_unreadable(row, text);
  for (const auto& element : json) {
    if (!element.is_string()) throw_unreadable(row, text);
    list.push_back(element.get<std::string>());
  }
}

// Reads the settings of format 2, which has a field for each setting known then.
void read_fields(const fb::Settings& table, BuildSettings& settings) {
  settings.num_avg_timing_iters = static_cast<uint64_t>(std::max(table.timing_iterations(), 1));
  settings.debug = table.debug();
  settings.disable_tf32 = table.disable_tf32();
  settings.refit = table.refit();
  settings.sparse_weights = table.sparse_weights();
  settings.workspace_size = static_cast<uint64_t>(table.workspace_bytes());
  const auto set_if_given = [](uint64_t& size, int64_t bytes) {
    if (bytes > 0) size = static_cast<uint64_t>(bytes);
  };
  set_if_given(settings.dla_sram_size, table.dla_sram_bytes());
  set_if_given(settings.dla_local_dram_size, table.dla_local_dram_bytes());
  set_if_given(settings.dla_global_dram_size, table.dla_global_dram_bytes());
  settings.optimization_level = table.optimization_level();
  settings.version_compatible = table.version_compatible();
  settings.hardware_compatible = table.hardware_compatible();
  settings.use_explicit_typing = table.strongly_typed();
  settings.truncate_long_and_double = table.truncate_long_and_double();
}

// Unknown settings are those of a later library; nothing in this library would obey them.
void read_pairs(const flatbuffers::Vector<Offset<fb::Setting>>& list, BuildSettings& settings) {
  std::map<std::string, std::string> pairs;
  for (const auto* pair : list) pairs[read_text(pair->name())] = read_text(pair->value());
  visit_settings(static_cast<Settings&>(settings), [&pairs](const SettingRow& row, auto& value) {
    const auto found = pairs.find(row.name);
    if (row.is_recorded && found != pairs.end()) read_value(row, found->second, value);
  });
}

}  // namespace

Offset<fb::Settings> write_settings(flatbuffers::FlatBufferBuilder& buffer, const BuildSettings& settings) {
  std::vector<std::string> precisions;
  for (const network::DataType type : settings.enabled_precisions) precisions.push_back(network::enum_name(type));
  std::vector<Offset<fb::Parameter>> parameters;
  for (const Parameter& parameter : settings.parameters) parameters.push_back(write_parameter(buffer, parameter));
  std::vector<Offset<fb::Setting>> pairs;
  visit_settings(static_cast<const Settings&>(settings), [&](const SettingRow& row, const auto& value) {
    if (!row.is_recorded) return;
    const auto name = buffer.CreateString(row.name);
    pairs.push_back(fb::CreateSetting(buffer, name, buffer.CreateString(write_value(value))));
  });
  const auto precision_list = buffer.CreateVectorOfStrings(precisions);
  const auto source_list = buffer.CreateVectorOfStrings(settings.tactic_sources);
  const auto parameter_list = buffer.CreateVector(parameters);
  const auto pair_list = buffer.CreateVector(pairs);
  const auto method = buffer.CreateString(settings.method);
  const auto calibration = settings.calibration.empty() ? 0 : buffer.CreateString(settings.calibration);
  fb::SettingsBuilder table(buffer);
  table.add_enabled_precisions(precision_list);
  table.add_tactic_sources(source_list);
  table.add_allow_gpu_fallback(settings.device.allow_gpu_fallback);
  table.add_capability(static_cast<int32_t>(settings.capability));
  table.add_parameters(parameter_list);
  table.add_method(method);
  table.add_pairs(pair_list);
  table.add_calibration(calibration);
  return table.Finish();
}

BuildSettings read_settings(const fb::Settings& table) {
  BuildSettings settings;
  settings.enabled_precisions.clear();
  read_each(table.enabled_precisions(), [&](const flatbuffers::String& name) {
    settings.enabled_precisions.insert(read_enum<network::DataType>(&name));
  });
  read_each(table.tactic_sources(),
            [&](const flatbuffers::String& name) { settings.tactic_sources.push_back(name.str()); });
  settings.device.allow_gpu_fallback = table.allow_gpu_fallback();
  settings.capability = read_capability(table.capability());
  if (table.pairs() != nullptr) {
    read_pairs(*table.pairs(), settings);
  } else {
    read_fields(table, settings);
  }
  check_settings(settings);
  read_each(table.parameters(), [&](const fb::Parameter& parameter) {
    settings.parameters.push_back(
        {read_text(parameter.name()), read_text(parameter.dtype()), read_list(parameter.dims())});
  });
  if (table.method() != nullptr) settings.method = table.method()->str();
  if (table.calibration() != nullptr) settings.calibration = table.calibration()->str();
  return settings;
}

}  // namespace torch_tensorrt::engine
