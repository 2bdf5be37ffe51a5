#include "torch_tensorrt/api/compile_spec.h"

#include <map>
#include <regex>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "torch_tensorrt/core/engine/build/build_settings.h"
#include "torch_tensorrt/core/ir/input_tree.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::torchscript {
namespace {

std::vector<Input> as_inputs(const std::vector<std::vector<int64_t>>& sizes) {
  return std::vector<Input>(sizes.begin(), sizes.end());
}

at::ScalarType scalar_type(DataType dtype) {
  switch (static_cast<DataType::Value>(dtype)) {
    case DataType::kLong:
      return at::kLong;
    case DataType::kDouble:
      return at::kDouble;
    case DataType::kHalf:
      return at::kHalf;
    case DataType::kChar:
      return at::kChar;
    case DataType::kInt:
      return at::kInt;
    case DataType::kBool:
      return at::kBool;
    case DataType::kBFloat16:
      return at::kBFloat16;
    case DataType::kByte:
      return at::kByte;
    case DataType::kShort:
      return at::kShort;
    case DataType::kFloat:
    case DataType::kUnknown:
      return at::kFloat;
  }
  return at::kFloat;
}

nvinfer1::DataType precision(DataType dtype) {
  switch (static_cast<DataType::Value>(dtype)) {
    case DataType::kFloat:
      return nvinfer1::DataType::kFLOAT;
    case DataType::kHalf:
      return nvinfer1::DataType::kHALF;
    case DataType::kBFloat16:
      return nvinfer1::DataType::kBF16;
    case DataType::kChar:
      return nvinfer1::DataType::kINT8;
    case DataType::kLong:
    case DataType::kDouble:
    case DataType::kInt:
    case DataType::kBool:
    case DataType::kByte:
    case DataType::kShort:
    case DataType::kUnknown:
      break;
  }
  TORCHTRT_THROW_ERROR("precision " << dtype << " cannot be enabled; precisions are float, half, bfloat16 and int8");
}

nvinfer1::EngineCapability capability(EngineCapability value) {
  switch (value) {
    case EngineCapability::kSTANDARD:
      return nvinfer1::EngineCapability::kSTANDARD;
    case EngineCapability::kSAFETY:
      return nvinfer1::EngineCapability::kSAFETY;
    case EngineCapability::kDLA_STANDALONE:
      return nvinfer1::EngineCapability::kDLA_STANDALONE;
  }
  TORCHTRT_THROW_ERROR("engine capability " << static_cast<int>(value) << " is unknown");
}

// Converts each Input of the nested signature to the compiler's own type; ir::input_tree checks the rest.
torch::jit::IValue internal_signature(const torch::jit::IValue& value) {
  if (value.isTuple()) {
    std::vector<torch::jit::IValue> elements;
    for (const auto& element : value.toTupleRef().elements()) elements.push_back(internal_signature(element));
    return c10::ivalue::Tuple::create(std::move(elements));
  }
  if (value.isList()) {
    c10::impl::GenericList list(c10::AnyType::get());
    for (const auto& element : value.toListRef()) list.push_back(internal_signature(element));
    return torch::jit::IValue(std::move(list));
  }
  if (value.isGenericDict()) {
    c10::impl::GenericDict dict(c10::AnyType::get(), c10::AnyType::get());
    for (const auto& entry : value.toGenericDict()) dict.insert(entry.key(), internal_signature(entry.value()));
    return torch::jit::IValue(std::move(dict));
  }
  if (!value.isCustomClass()) return value;
  return torch::jit::IValue(c10::make_intrusive<core::ir::Input>(to_internal(*value.toCustomClass<Input>())));
}

core::CompileSpec with_positional_inputs(const GraphInputs& inputs) {
  if (!inputs.input_signature.isNone()) {
    TORCHTRT_CHECK(inputs.inputs.empty(), "give either inputs or an input_signature, not both");
    auto signature = internal_signature(inputs.input_signature);
    return core::CompileSpec(signature);
  }
  std::vector<core::ir::Input> list;
  for (const auto& input : inputs.inputs) list.push_back(to_internal(input));
  return core::CompileSpec(std::move(list));
}

core::CompileSpec with_inputs(const GraphInputs& inputs) {
  auto spec = with_positional_inputs(inputs);
  for (const auto& [name, value] : inputs.inputs_by_name) {
    spec.graph_inputs.arguments_by_name[name] = core::ir::input_tree(internal_signature(value));
  }
  return spec;
}

bool is_given(const GraphInputs& inputs) {
  return !inputs.input_signature.isNone() || !inputs.inputs.empty() || !inputs.inputs_by_name.empty();
}

void set_methods(const CompileSpec& external, core::CompileSpec& internal) {
  if (external.methods.empty()) return;
  for (const auto& [name, inputs] : external.methods) {
    try {
      internal.methods[name] = with_inputs(inputs).graph_inputs;
    } catch (const Error& error) {
      TORCHTRT_THROW_ERROR("method " << name << ": " << error.msg());
    }
  }
  if (!is_given(external.graph_inputs)) return;
  const bool is_new = internal.methods.emplace("forward", internal.graph_inputs).second;
  TORCHTRT_CHECK(is_new, "the inputs of forward are given twice, as inputs and in methods; give them once");
}

void set_engine_settings(const CompileSpec& external, engine::BuildSettings& settings) {
  engine::check_settings(external);
  static_cast<Settings&>(settings) = external;
  settings.enabled_precisions.clear();
  for (const auto dtype : external.enabled_precisions) settings.enabled_precisions.insert(precision(dtype));
  settings.calibration = external.calibration;
  settings.device = to_internal(external.device);
  settings.capability = capability(external.capability);
}

// Accepts "aten::add": a name space and an operator, without overload and arguments.
void check_operator_name(const std::string& name) {
  static const std::regex kName("[A-Za-z_]\\w*::[A-Za-z_]\\w*");
  TORCHTRT_CHECK(std::regex_match(name, kName),
                 "'" << name
                     << "' in torch_executed_ops is not the name of an operator; give each operator separately, "
                        "without overload and arguments: aten::add");
}

// PyTorch must know the class before an IValue can hold it.
const auto kRegistration = torch::class_<Input>("_torch_tensorrt", "Input").def(torch::init<>());

}  // namespace

CompileSpec::CompileSpec(std::vector<std::vector<int64_t>> fixed_sizes) {
  graph_inputs.inputs = as_inputs(fixed_sizes);
}
CompileSpec::CompileSpec(std::vector<c10::ArrayRef<int64_t>> fixed_sizes) {
  for (const auto& sizes : fixed_sizes) graph_inputs.inputs.emplace_back(sizes);
}
CompileSpec::CompileSpec(std::vector<Input> inputs) { graph_inputs.inputs = std::move(inputs); }
CompileSpec::CompileSpec(torch::jit::IValue input_signature) {
  graph_inputs.input_signature = std::move(input_signature);
}

engine::DeviceTarget to_internal(const Device& device) {
  engine::DeviceTarget internal;
  if (device.device_type == Device::DeviceType::kCPU) internal.device_type = network::DeviceType::kCPU;
  if (device.device_type == Device::DeviceType::kDLA) internal.device_type = network::DeviceType::kDLA;
  internal.gpu_id = device.gpu_id;
  internal.dla_core = device.dla_core;
  internal.allow_gpu_fallback = device.allow_gpu_fallback;
  return internal;
}

namespace {

core::ir::Input internal_input(const Input& input) {
  TORCHTRT_CHECK(input.format != TensorFormat::kUnknown, "the layout of " << input << " is unknown");
  const auto format =
      input.format == TensorFormat::kChannelsLast ? nvinfer1::TensorFormat::kHWC : nvinfer1::TensorFormat::kLINEAR;
  core::ir::Input internal(input.min_shape, input.opt_shape, input.max_shape, scalar_type(input.dtype), format,
                           /*dtype_is_user_defined=*/input.dtype != DataType::kUnknown, input.tensor_domain);
  for (const Input::Range& range : input.more_ranges) {
    internal.add_range(
        {nvinfer1::Dims(range.min_shape), nvinfer1::Dims(range.opt_shape), nvinfer1::Dims(range.max_shape)});
  }
  internal.min_values = input.min_values;
  internal.opt_values = input.opt_values;
  internal.max_values = input.max_values;
  internal.name = input.name;
  return internal;
}

}  // namespace

core::ir::Input to_internal(const Input& input) {
  try {
    return internal_input(input);
  } catch (const Error& error) {
    if (input.name.empty()) throw;
    TORCHTRT_THROW_ERROR("input " << input.name << ": " << error.msg());
  }
}

core::CompileSpec to_internal(const CompileSpec& external) {
  auto internal = with_inputs(external.graph_inputs);
  set_methods(external, internal);
  set_engine_settings(external, internal.convert_info.engine_settings);
  const bool forced = !external.torch_executed_ops.empty() || !external.torch_executed_modules.empty();
  TORCHTRT_CHECK(!external.require_full_compilation || !forced,
                 "require_full_compilation is enabled however the list of ops|modules to run in torch is not empty");
  for (const auto& name : external.torch_executed_ops) check_operator_name(name);
  auto& partitioning = internal.partitioning_info;
  partitioning.enabled = !external.require_full_compilation;
  partitioning.min_block_size = external.min_block_size;
  partitioning.forced_fallback_operators = external.torch_executed_ops;
  partitioning.forced_fallback_modules = external.torch_executed_modules;
  internal.lower_info.forced_fallback_modules = external.torch_executed_modules;
  internal.lower_info.forced_fallback_operators = external.torch_executed_ops;
  return internal;
}

}  // namespace torch_tensorrt::torchscript

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

torch::jit::IValue value(const json& node) {
  if (node.is_null()) return {};
  if (node.is_boolean()) return node.get<bool>();
  if (node.is_string()) return node.get<std::string>();
  return node.get<int64_t>();
}

torch::jit::IValue signature(const json& node) {
  if (node.contains("input")) return torch::jit::IValue(c10::make_intrusive<Input>(input(node.at("input"))));
  if (node.contains("value")) return value(node.at("value"));
  if (node.contains("float")) return std::stod(node.at("float").get<std::string>());  // inf and nan are not JSON
  if (node.contains("dict")) {
    c10::impl::GenericDict dict(c10::AnyType::get(), c10::AnyType::get());
    for (const auto& entry : node.at("dict")) dict.insert(signature(entry.at(0)), signature(entry.at(1)));
    return torch::jit::IValue(std::move(dict));
  }
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

GraphInputs positional_inputs(const json& spec) {
  GraphInputs inputs;
  if (!spec.at("input_signature").is_null()) {
    auto value = signature(spec.at("input_signature"));
    // Python may pass a single argument without a tuple around it.
    if (!value.isTuple()) value = c10::ivalue::Tuple::create({value});
    inputs.input_signature = std::move(value);
    return inputs;
  }
  for (const auto& element : spec.at("inputs")) inputs.inputs.push_back(input(element));
  return inputs;
}

GraphInputs inputs(const json& spec) {
  auto inputs = positional_inputs(spec);
  for (const auto& [name, entry] : spec.at("inputs_by_name").items()) {
    inputs.inputs_by_name[name] = signature(entry);
  }
  return inputs;
}

torchscript::CompileSpec spec_of(const json& spec) {
  static const std::map<std::string, EngineCapability> kCapabilities = {
      {"standard", EngineCapability::kSTANDARD},
      {"safety", EngineCapability::kSAFETY},
      {"dla_standalone", EngineCapability::kDLA_STANDALONE}};
  torchscript::CompileSpec out{std::vector<Input>()};
  out.graph_inputs = inputs(spec);
  for (const auto& [name, method] : spec.at("methods").items()) out.methods[name] = inputs(method);
  out.calibration = spec.value("calibration", std::string());
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
