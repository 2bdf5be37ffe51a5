#include "self_check.h"

#include <limits>
#include <optional>

#include "ATen/ATen.h"

#include "torch_tensorrt/core/runtime/runtime.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torchtrtc {
namespace {

double largest_where(const at::Tensor& magnitudes, const at::Tensor& counts) {
  return at::where(counts, magnitudes, at::zeros({}, at::kDouble)).max().item<double>();
}

}  // namespace

double default_rtol(at::ScalarType dtype) {
  constexpr double kLastPlaces = 8;
  if (dtype == at::kHalf) return kLastPlaces * std::numeric_limits<at::Half>::epsilon();
  if (dtype == at::kBFloat16) return kLastPlaces * std::numeric_limits<at::BFloat16>::epsilon();
  return 1e-5;
}

std::optional<std::string> difference(const at::Tensor& expected, const at::Tensor& found, double atol, double rtol) {
  if (expected.sizes() != found.sizes() || expected.scalar_type() != found.scalar_type()) {
    return torch_tensorrt::str("expected ", expected.scalar_type(), expected.sizes(), ", found ", found.scalar_type(),
                               found.sizes());
  }
  if (expected.numel() == 0) return std::nullopt;
  const auto a = expected.cpu().to(at::kDouble);
  const auto b = found.cpu().to(at::kDouble);
  const auto is_finite = at::isfinite(a);
  const auto same = at::eq(a, b).logical_or(at::isnan(a).logical_and(at::isnan(b)));
  const auto unlike = is_finite.logical_and(at::isfinite(b)).logical_or(same).logical_not().sum().item<int64_t>();
  if (unlike != 0) {
    return torch_tensorrt::str(unlike, " of ", a.numel(),
                               " elements are NaN or infinite in only one of the two results");
  }
  const double largest = largest_where((a - b).abs(), same.logical_not());
  const double scale = largest_where(a.abs(), is_finite);
  if (largest <= atol + rtol * scale) return std::nullopt;
  return torch_tensorrt::str("largest difference ", largest, " is above atol ", atol, " + rtol ", rtol, " * ", scale);
}

namespace {

using torch_tensorrt::DataType;
using torch_tensorrt::Input;

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

using torch_tensorrt::core::runtime::TRTEngine;

at::Device device_of(const TRTEngine& engine) {
  const auto& target = engine.engine().target();
  if (target.is_cpu()) return at::kCPU;
  return {at::kCUDA, static_cast<c10::DeviceIndex>(target.gpu_id)};
}

// The device of the first parameter or buffer.
at::Device device_of(const torch::jit::Module& module) {
  for (const at::Tensor& tensor : module.parameters()) return tensor.device();
  for (const at::Tensor& tensor : module.buffers()) return tensor.device();
  return at::kCPU;
}

// The device of the first engine; a module without engines runs where its tensors are.
at::Device device_of_engines(const torch::jit::Module& compiled) {
  for (const auto& attribute : compiled.named_attributes(/*recurse=*/false)) {
    if (attribute.value.type() != c10::getCustomClassType<c10::intrusive_ptr<TRTEngine>>()) continue;
    return device_of(*attribute.value.toCustomClass<TRTEngine>());
  }
  return device_of(compiled);
}

// The dtypes of the inputs; for an input without a given dtype, the dtype that compilation found.
// A module of several engines takes float for an input without a given dtype.
std::vector<at::ScalarType> dtypes_of(const torch::jit::Module& compiled, const std::vector<Input>& inputs) {
  std::vector<at::ScalarType> dtypes;
  for (size_t i = 0; i < inputs.size(); ++i) {
    auto dtype = inputs[i].dtype == DataType::kUnknown ? at::kFloat : scalar_type(inputs[i].dtype);
    if (inputs[i].dtype == DataType::kUnknown && compiled.hasattr("engine")) {
      const auto engine = compiled.attr("engine").toCustomClass<TRTEngine>();
      if (i < engine->inputs().size()) dtype = engine->inputs()[i].dtype;
    }
    dtypes.push_back(dtype);
  }
  return dtypes;
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

std::vector<at::Tensor> run(torch::jit::Module& module, const std::vector<at::Tensor>& inputs, at::Device device) {
  std::vector<torch::jit::IValue> arguments;
  for (const at::Tensor& input : inputs) arguments.emplace_back(input.to(device));
  std::vector<at::Tensor> tensors;
  collect_tensors(module.forward(arguments), tensors);
  return tensors;
}

// Casts floating inputs to the dtype of the module's weights: an engine casts such inputs, a module refuses them.
std::vector<at::Tensor> in_dtype_of(const torch::jit::Module& module, std::vector<at::Tensor> inputs) {
  std::optional<at::ScalarType> dtype;
  for (const at::Tensor& weight : module.parameters()) {
    if (weight.is_floating_point() && !dtype) dtype = weight.scalar_type();
  }
  for (at::Tensor& input : inputs) {
    if (dtype && input.is_floating_point()) input = input.to(*dtype);
  }
  return inputs;
}

std::vector<at::Tensor> run_given(torch::jit::Module& module, const std::vector<at::Tensor>& inputs) {
  try {
    return run(module, inputs, device_of(module));
  } catch (const std::exception&) {
    return run(module, in_dtype_of(module, inputs), device_of(module));
  }
}

void compare(const std::vector<at::Tensor>& expected, const std::vector<at::Tensor>& found, const char* shapes,
             double atol, std::optional<double> rtol, std::vector<std::string>& differences) {
  if (expected.size() != found.size()) {
    differences.push_back(
        torch_tensorrt::str(shapes, " shapes: ", expected.size(), " tensors expected, ", found.size(), " found"));
    return;
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    const double relative = rtol.value_or(default_rtol(expected[i].scalar_type()));
    const auto found_difference = difference(expected[i], found[i], atol, relative);
    if (!found_difference) continue;
    differences.push_back(torch_tensorrt::str(shapes, " shapes, output ", i, ": ", *found_difference));
  }
}

}  // namespace

std::vector<std::string> self_check(torch::jit::Module& expected, torch::jit::Module& compiled,
                                    const std::vector<Input>& inputs, double atol, std::optional<double> rtol) {
  at::NoGradGuard no_grad;
  torch::manual_seed(0);
  using Shape = std::vector<int64_t> Input::*;
  const std::pair<const char*, Shape> kinds[] = {
      {"opt", &Input::opt_shape}, {"min", &Input::min_shape}, {"max", &Input::max_shape}};
  const auto dtypes = dtypes_of(compiled, inputs);
  bool dynamic = false;
  for (const auto& input : inputs) dynamic = dynamic || input.input_is_dynamic;
  std::vector<std::string> differences;
  for (const auto& [name, shape] : kinds) {
    std::vector<at::Tensor> samples;
    for (size_t i = 0; i < inputs.size(); ++i) samples.push_back(sample(inputs[i], inputs[i].*shape, dtypes[i]));
    std::vector<at::Tensor> wanted;
    try {
      wanted = run_given(expected, samples);
    } catch (const std::exception&) {  // the model may refuse the ends of the ranges
      if (shape == &Input::opt_shape) throw;
      continue;
    }
    compare(wanted, run(compiled, samples, device_of_engines(compiled)), name, atol, rtol, differences);
    if (!dynamic) break;
  }
  return differences;
}

}  // namespace torchtrtc
