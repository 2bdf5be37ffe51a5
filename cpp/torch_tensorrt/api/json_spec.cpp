#include "torch_tensorrt/api/json_spec.h"

#include <map>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt {
namespace {

using nlohmann::json;

template <typename V>
V look_up(const std::map<std::string, V>& table, const std::string& name, const char* what) {
  const auto found = table.find(name);
  TORCHTRT_CHECK(found != table.end(), what << " '" << name << "' is unknown");
  return found->second;
}

DataType dtype(const std::string& name) {
  static const std::map<std::string, DataType::Value> kNames = {
      {"unknown", DataType::kUnknown}, {"u8", DataType::kByte},       {"i8", DataType::kChar},
      {"i16", DataType::kShort},       {"i32", DataType::kInt},       {"i64", DataType::kLong},
      {"f16", DataType::kHalf},        {"f32", DataType::kFloat},     {"f64", DataType::kDouble},
      {"b", DataType::kBool},          {"bf16", DataType::kBFloat16},
  };
  return look_up(kNames, name, "dtype");
}

Input input(const json& spec) {
  static const std::map<std::string, TensorFormat::Value> kFormats = {{"contiguous", TensorFormat::kContiguous},
                                                                      {"channels_last", TensorFormat::kChannelsLast}};
  Input input(spec.at("min").get<std::vector<int64_t>>(), spec.at("opt").get<std::vector<int64_t>>(),
              spec.at("max").get<std::vector<int64_t>>(), dtype(spec.at("dtype")),
              spec.at("tensor_domain").get<std::vector<double>>(), look_up(kFormats, spec.at("format"), "format"));
  for (const auto& range : spec.at("more_ranges")) {
    input.more_ranges.push_back({range.at("min").get<std::vector<int64_t>>(),
                                 range.at("opt").get<std::vector<int64_t>>(),
                                 range.at("max").get<std::vector<int64_t>>()});
  }
  input.min_values = spec.at("min_values").get<std::vector<int64_t>>();
  input.opt_values = spec.at("opt_values").get<std::vector<int64_t>>();
  input.max_values = spec.at("max_values").get<std::vector<int64_t>>();
  input.name = spec.at("name").get<std::string>();
  return input;
}

torch::jit::IValue signature(const json& node) {
  if (node.contains("input")) return torch::jit::IValue(c10::make_intrusive<Input>(input(node.at("input"))));
  std::vector<torch::jit::IValue> elements;
  const bool tuple = node.contains("tuple");
  for (const auto& element : node.at(tuple ? "tuple" : "list")) elements.push_back(signature(element));
  if (tuple) return c10::ivalue::Tuple::create(std::move(elements));
  c10::impl::GenericList list(c10::AnyType::get());
  for (auto& element : elements) list.push_back(std::move(element));
  return torch::jit::IValue(std::move(list));
}

Device device(const json& spec) {
  static const std::map<std::string, Device::DeviceType::Value> kTypes = {
      {"cpu", Device::DeviceType::kCPU}, {"gpu", Device::DeviceType::kGPU}, {"dla", Device::DeviceType::kDLA}};
  Device device;
  device.device_type = look_up(kTypes, spec.at("type"), "device type");
  device.gpu_id = spec.at("gpu_id");
  device.dla_core = spec.at("dla_core");
  device.allow_gpu_fallback = spec.at("allow_gpu_fallback");
  return device;
}

torchscript::CompileSpec inputs(const json& spec) {
  if (!spec.at("input_signature").is_null()) {
    auto value = signature(spec.at("input_signature"));
    // Python may pass a single argument without a tuple around it.
    if (!value.isTuple()) value = c10::ivalue::Tuple::create({value});
    return torchscript::CompileSpec(value);
  }
  std::vector<Input> list;
  for (const auto& element : spec.at("inputs")) list.push_back(input(element));
  return torchscript::CompileSpec(std::move(list));
}

torchscript::CompileSpec spec_of(const json& spec) {
  static const std::map<std::string, EngineCapability> kCapabilities = {
      {"standard", EngineCapability::kSTANDARD},
      {"safety", EngineCapability::kSAFETY},
      {"dla_standalone", EngineCapability::kDLA_STANDALONE}};
  auto out = inputs(spec);
  const auto precisions = spec.at("enabled_precisions").get<std::vector<std::string>>();
  if (!precisions.empty()) out.enabled_precisions.clear();
  for (const auto& precision : precisions) out.enabled_precisions.insert(dtype(precision));
  out.device = device(spec.at("device"));
  out.capability = look_up(kCapabilities, spec.at("capability"), "engine capability");
  visit_settings(static_cast<Settings&>(out), [&spec](const SettingRow& row, auto& value) {
    value = spec.at(row.name).get<std::decay_t<decltype(value)>>();
  });
  return out;
}

json parse(const std::string& text) {
  try {
    return json::parse(text);
  } catch (const json::exception& error) {
    TORCHTRT_THROW_ERROR("the specification is not JSON: " << error.what());
  }
}

}  // namespace

torchscript::CompileSpec parse_spec(const std::string& text) {
  const auto spec = parse(text);
  try {
    return spec_of(spec);
  } catch (const json::exception& error) {
    TORCHTRT_THROW_ERROR("the specification has a missing or wrong field: " << error.what());
  }
}

Device parse_device(const std::string& text) {
  const auto spec = parse(text);
  try {
    return device(spec);
  } catch (const json::exception& error) {
    TORCHTRT_THROW_ERROR("the device has a missing or wrong field: " << error.what());
  }
}

std::string settings_json() {
  json rows = json::array();
  const Settings defaults;
  visit_settings(defaults, [&rows](const SettingRow& row, const auto& value) {
    using T = std::decay_t<decltype(value)>;
    const bool is_number = std::is_integral_v<T> && !std::is_same_v<T, bool>;
    const char* type = is_number                        ? "int"
                       : std::is_same_v<T, bool>        ? "bool"
                       : std::is_same_v<T, std::string> ? "str"
                                                        : "list";
    json line = {{"name", row.name}, {"flags", row.flags}, {"help", row.help}, {"type", type}, {"default", value}};
    if (is_number) line.update({{"low", row.low}, {"high", row.high}, {"may_be_open", row.may_be_open}});
    rows.push_back(std::move(line));
  });
  return rows.dump();
}

}  // namespace torch_tensorrt
