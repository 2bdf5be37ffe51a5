#include "torch_tensorrt/core/backends/tensorrt/prepare/host_values.h"

#include "torch_tensorrt/core/network/types.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using network::DataType;
using network::HostTensor;
using network::IConstantLayer;
using network::ILayer;
using network::ITensor;
using network::layer_cast;
using network::LayerType;

// The chain from a number to the cast behind it is short; a pass folds longer ones.
constexpr int kMaxDepth = 8;

bool is_constant(const ILayer& layer, int depth) {
  if (layer_cast<IConstantLayer>(&layer) != nullptr) return true;
  if (depth == 0 || layer.getNbInputs() == 0 || !network::can_evaluate(layer)) return false;
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    const ITensor* input = layer.getInput(i);
    if (input != nullptr && !is_constant(*input->producer(), depth - 1)) return false;
  }
  return true;
}

bool meets_other_dtype(const ILayer& layer) {
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    if (layer.getInput(i) != nullptr && !has_dtype(layer.getInput(i)->getType())) return true;
  }
  return layer.getNbOutputs() == 1 && !has_dtype(layer.getOutput(0)->getType());
}

}  // namespace

bool has_dtype(DataType type) {
  switch (type) {
    case DataType::kFLOAT:
    case DataType::kHALF:
    case DataType::kBF16:
    case DataType::kINT32:
    case DataType::kINT64:
    case DataType::kBOOL:
      return true;
    case DataType::kDOUBLE:
    case DataType::kINT8:
    case DataType::kINT16:
    case DataType::kUINT8:
    case DataType::kFP8:
    case DataType::kINT4:
      break;
  }
  return false;
}

bool is_computed_here(const ILayer& layer) {
  // TensorRT computes in int8 only where it sees the quantization of the weights.
  const LayerType type = layer.getType();
  if (type == LayerType::kQUANTIZE || type == LayerType::kDEQUANTIZE) return false;
  return meets_other_dtype(layer) && is_constant(layer, kMaxDepth);
}

const HostTensor& HostValues::of(const ITensor& tensor) {
  if (const auto known = values_.find(&tensor); known != values_.end()) return known->second;
  const ILayer& layer = *tensor.producer();
  std::vector<HostTensor> inputs;
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    inputs.push_back(layer.getInput(i) == nullptr ? HostTensor{} : of(*layer.getInput(i)));
  }
  return values_.emplace(&tensor, network::evaluate_layer(layer, inputs)[0]).first->second;
}

std::string describe_argument(const network::ITensor& input) {
  const std::string name = input.getName();
  const std::string argument = input.producer()->getName();
  return "input " + (argument.empty() || argument == name ? "\"" + name + "\"" : argument + " (" + name + ")");
}

std::string text_of(const std::vector<int64_t>& values) {
  std::string text;
  for (const int64_t value : values) text += (text.empty() ? "" : ", ") + std::to_string(value);
  return "[" + text + "]";
}

std::vector<int32_t> profile_values(const network::ITensor& input, const std::vector<int64_t>& values) {
  const network::Dims dims = input.getDimensions();
  TORCHTRT_CHECK(
      static_cast<int64_t>(values.size()) == dims.volume(),
      "the values of " << describe_argument(input) << " " << network::to_string(dims)
                       << " decide on the shapes of other tensors, so a profile must have the range of each; it has "
                       << text_of(values));
  std::vector<int32_t> narrow;
  for (const int64_t value : values) {
    TORCHTRT_CHECK(value >= INT32_MIN && value <= INT32_MAX,
                   "the values of " << describe_argument(input) << " decide on the shapes of other tensors and may be "
                                    << text_of(values) << ", but TensorRT's profiles hold 32 bits each");
    narrow.push_back(static_cast<int32_t>(value));
  }
  return narrow;
}

bool values_fit(const std::vector<int64_t>& values, const network::ProfileRange& range) {
  for (size_t i = 0; i < values.size() && i < range.min_values.size(); ++i) {
    if (values[i] < range.min_values[i] || values[i] > range.max_values[i]) return false;
  }
  return true;
}

}  // namespace torch_tensorrt::backends::tensorrt
