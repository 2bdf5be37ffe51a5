#include "self_check.h"

#include "compare_tensors.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torchtrtc {
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

at::Tensor sample(const Input& input, const std::vector<int64_t>& shape) {
  const double low = input.tensor_domain[0];
  const double high = input.tensor_domain[1];
  auto values = (at::rand(shape) * (high - low) + low).to(scalar_type(input.dtype));
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

std::vector<at::Tensor> run(torch::jit::Module& module, const std::vector<at::Tensor>& inputs) {
  std::vector<torch::jit::IValue> arguments(inputs.begin(), inputs.end());
  std::vector<at::Tensor> tensors;
  collect_tensors(module.forward(arguments), tensors);
  return tensors;
}

void compare(const std::vector<at::Tensor>& expected, const std::vector<at::Tensor>& found, const char* shapes,
             double atol, double rtol, std::vector<std::string>& differences) {
  if (expected.size() != found.size()) {
    differences.push_back(
        torch_tensorrt::str(shapes, " shapes: ", expected.size(), " tensors expected, ", found.size(), " found"));
    return;
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    const auto found_difference = difference(expected[i], found[i], atol, rtol);
    if (!found_difference) continue;
    differences.push_back(torch_tensorrt::str(shapes, " shapes, output ", i, ": ", *found_difference));
  }
}

}  // namespace

std::vector<std::string> self_check(torch::jit::Module& expected, torch::jit::Module& compiled,
                                    const std::vector<Input>& inputs, double atol, double rtol) {
  at::NoGradGuard no_grad;
  torch::manual_seed(0);
  using Shape = std::vector<int64_t> Input::*;
  const std::pair<const char*, Shape> kinds[] = {
      {"opt", &Input::opt_shape}, {"min", &Input::min_shape}, {"max", &Input::max_shape}};
  bool dynamic = false;
  for (const auto& input : inputs) dynamic = dynamic || input.input_is_dynamic;
  std::vector<std::string> differences;
  for (const auto& [name, shape] : kinds) {
    std::vector<at::Tensor> samples;
    for (const auto& input : inputs) samples.push_back(sample(input, input.*shape));
    compare(run(expected, samples), run(compiled, samples), name, atol, rtol, differences);
    if (!dynamic) break;
  }
  return differences;
}

}  // namespace torchtrtc
