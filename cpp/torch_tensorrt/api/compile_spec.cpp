#include "torch_tensorrt/api/compile_spec.h"

#include <regex>

#include "torch_tensorrt/core/engine/build/build_settings.h"
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

// Converts each Input of the nested signature to the compiler's own type.
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
  TORCHTRT_CHECK(value.isCustomClass(), "input_signature may hold tuples, lists and Inputs, found " << value.tagKind());
  return torch::jit::IValue(c10::make_intrusive<core::ir::Input>(to_internal(*value.toCustomClass<Input>())));
}

core::CompileSpec with_inputs(const GraphInputs& inputs) {
  if (!inputs.input_signature.isNone()) {
    TORCHTRT_CHECK(inputs.inputs.empty(), "give either inputs or an input_signature, not both");
    auto signature = internal_signature(inputs.input_signature);
    return core::CompileSpec(signature);
  }
  std::vector<core::ir::Input> list;
  for (const auto& input : inputs.inputs) list.push_back(to_internal(input));
  return core::CompileSpec(std::move(list));
}

void set_engine_settings(const CompileSpec& external, core::conversion::BuilderSettings& settings) {
  engine::check_settings(external);
  static_cast<Settings&>(settings) = external;
  settings.enabled_precisions.clear();
  for (const auto dtype : external.enabled_precisions) settings.enabled_precisions.insert(precision(dtype));
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

core::ir::Device to_internal(const Device& device) {
  core::ir::Device internal;
  if (device.device_type == Device::DeviceType::kCPU) internal.device_type = nvinfer1::DeviceType::kCPU;
  if (device.device_type == Device::DeviceType::kDLA) internal.device_type = nvinfer1::DeviceType::kDLA;
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
