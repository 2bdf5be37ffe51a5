#include "calls.h"

#include <exception>
#include <optional>

#include "ATen/ATen.h"

#include "torch_tensorrt/core/runtime/runtime.h"

namespace torchtrtc {
namespace {

using torch_tensorrt::DataType;
using torch_tensorrt::Input;
using torch_tensorrt::core::runtime::TRTEngine;

at::ScalarType scalar_type(DataType dtype) {
  switch (static_cast<DataType::Value>(dtype)) {
    case DataType::kLong:
      return at::kLong;
    case DataType::kDouble:
      return at::kDouble;
    case DataType::kHalf:
      return at::kHalf;
    case DataType::kShort:
      return at::kShort;
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
    case DataType::kFloat:
    case DataType::kUnknown:
      return at::kFloat;
  }
  return at::kFloat;
}

at::Device device_of(const TRTEngine& engine) {
  const auto& target = engine.engine().target();
  if (target.is_cpu()) return at::kCPU;
  return {at::kCUDA, static_cast<c10::DeviceIndex>(target.gpu_id)};
}

// The dtype of the spec, if it has none that of the argument in the module's only engine; a module of several engines
// takes float then. `place`: of the argument.
at::ScalarType dtype_of(const InputSpec& spec, size_t place, const torch::jit::Module& compiled) {
  if (spec.input.dtype != DataType::kUnknown) return scalar_type(spec.input.dtype);
  if (!compiled.hasattr("engine")) return at::kFloat;
  const auto& inputs = compiled.attr("engine").toCustomClass<TRTEngine>()->inputs();
  return place < inputs.size() ? inputs[place].dtype : at::kFloat;
}

at::Tensor sample(const Input& input, const std::vector<int64_t>& shape, at::ScalarType dtype) {
  const double low = input.tensor_domain[0];
  const double high = input.tensor_domain[1];
  auto values = (at::rand(shape) * (high - low) + low).to(dtype);
  const bool channels_last = input.format == torch_tensorrt::TensorFormat::kChannelsLast && values.dim() == 4;
  return channels_last ? values.contiguous(at::MemoryFormat::ChannelsLast) : values;
}

void collect_tensors(const torch::jit::IValue& value, std::vector<at::Tensor>& tensors) {
  if (value.isTensor()) tensors.push_back(value.toTensor());
  if (value.isTensorList()) {
    for (const at::Tensor& tensor : value.toTensorVector()) tensors.push_back(tensor);
    return;
  }
  if (value.isTuple()) {
    for (const auto& element : value.toTupleRef().elements()) collect_tensors(element, tensors);
  }
  if (value.isList()) {
    for (const auto& element : value.toListRef()) collect_tensors(element, tensors);
  }
}

// Lists, tuples and dicts keep their tensors where they are.
torch::jit::IValue copied(const torch::jit::IValue& value, at::Device device) {
  if (!value.isTensor()) return value.deepcopy();
  const at::Tensor& tensor = value.toTensor();
  return tensor.to(device, tensor.scalar_type(), /*non_blocking=*/false, /*copy=*/true);
}

// Casts floating tensors to the dtype of the module's weights: an engine casts such inputs, a module refuses them.
Arguments in_dtype_of(const torch::jit::Module& module, Arguments arguments) {
  std::optional<at::ScalarType> dtype;
  for (const at::Tensor& weight : module.parameters()) {
    if (weight.is_floating_point() && !dtype) dtype = weight.scalar_type();
  }
  const auto cast = [&](torch::jit::IValue& value) {
    if (dtype && value.isTensor() && value.toTensor().is_floating_point()) value = value.toTensor().to(*dtype);
  };
  for (auto& value : arguments.by_position) cast(value);
  for (auto& [name, value] : arguments.by_name) cast(value);
  return arguments;
}

}  // namespace

at::Device device_of(const torch::jit::Module& module) {
  for (const at::Tensor& tensor : module.parameters()) return tensor.device();
  for (const at::Tensor& tensor : module.buffers()) return tensor.device();
  return at::kCPU;
}

at::Device device_of_engines(const torch::jit::Module& compiled) {
  for (const auto& attribute : compiled.named_attributes(/*recurse=*/false)) {
    if (attribute.value.type() != c10::getCustomClassType<c10::intrusive_ptr<TRTEngine>>()) continue;
    return device_of(*attribute.value.toCustomClass<TRTEngine>());
  }
  return device_of(compiled);
}

Arguments sample_arguments(const std::vector<InputSpec>& specs, Shape shape, const torch::jit::Module& module) {
  const auto method = module.get_method("forward");
  Arguments arguments;
  for (const auto& spec : specs) {
    size_t place = arguments.by_position.size();
    if (!spec.name.empty()) {
      const auto index = method.function().getSchema().argumentIndexWithName(spec.name);
      place = static_cast<size_t>(index.value_or(1)) - 1;  // without self
    }
    const auto value =
        spec.value.defined() ? spec.value : sample(spec.input, spec.input.*shape, dtype_of(spec, place, module));
    if (spec.name.empty()) {
      arguments.by_position.emplace_back(value);
    } else {
      arguments.by_name[spec.name] = value;
    }
  }
  return arguments;
}

Arguments copied(const Arguments& arguments, at::Device device) {
  Arguments copies;
  for (const auto& value : arguments.by_position) copies.by_position.push_back(copied(value, device));
  for (const auto& [name, value] : arguments.by_name) copies.by_name[name] = copied(value, device);
  return copies;
}

std::vector<at::Tensor> run(torch::jit::Module& module, const Arguments& arguments, at::Device device) {
  const auto [by_position, by_name] = copied(arguments, device);
  std::vector<at::Tensor> tensors;
  collect_tensors(module.forward(by_position, by_name), tensors);
  return tensors;
}

std::vector<at::Tensor> run_original(torch::jit::Module& module, const Arguments& arguments) {
  try {
    return run(module, arguments, device_of(module));
  } catch (const std::exception&) {
    return run(module, in_dtype_of(module, arguments), device_of(module));
  }
}

}  // namespace torchtrtc
