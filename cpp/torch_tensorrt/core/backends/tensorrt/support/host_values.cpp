#include "torch_tensorrt/core/backends/tensorrt/support/host_values.h"

namespace torch_tensorrt::backends::tensorrt {
namespace {

using network::DataType;
using network::HostTensor;
using network::IConstantLayer;
using network::ILayer;
using network::ITensor;
using network::layer_cast;

// What must be looked through from a number to the cast behind it is short; a longer chain is folded by a pass.
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

bool is_computed_here(const ILayer& layer) { return meets_other_dtype(layer) && is_constant(layer, kMaxDepth); }

const HostTensor& HostValues::of(const ITensor& tensor) {
  if (const auto known = values_.find(&tensor); known != values_.end()) return known->second;
  const ILayer& layer = *tensor.producer();
  std::vector<HostTensor> inputs;
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    inputs.push_back(layer.getInput(i) == nullptr ? HostTensor{} : of(*layer.getInput(i)));
  }
  return values_.emplace(&tensor, network::evaluate_layer(layer, inputs)[0]).first->second;
}

}  // namespace torch_tensorrt::backends::tensorrt
