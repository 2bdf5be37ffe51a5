#include "support/reference.h"

#include <cmath>
#include <limits>
#include <unordered_map>

#include "support/reference_layers.h"
#include "torch_tensorrt/core/network/host/evaluate_elements.h"
#include "torch_tensorrt/core/network/shapes/shape_inference.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::tests {
namespace {

using network::DataType;
using network::Dims;
using network::ILayer;
using network::ITensor;

// One column per nonzero element: its place.
HostTensor find_places(const HostTensor& input) {
  const Dims& dims = input.type.dims;
  std::vector<std::vector<double>> rows(static_cast<size_t>(dims.nbDims));
  for (int64_t i = 0; i < dims.volume(); ++i) {
    if (network::load_double(input.type.dtype, input.values(), i) == 0) continue;
    int64_t rest = i;
    for (int32_t d = dims.nbDims - 1; d >= 0; --d) {
      rows[static_cast<size_t>(d)].push_back(static_cast<double>(rest % dims.d[d]));
      rest /= dims.d[d];
    }
  }
  std::vector<double> elements;
  for (const auto& row : rows) elements.insert(elements.end(), row.begin(), row.end());
  return make_tensor(DataType::kINT32, Dims{dims.nbDims, static_cast<int64_t>(rows[0].size())}, elements);
}

// The input without its zero point.
HostTensor shifted(const HostTensor& input, double zero) {
  std::vector<double> elements = elements_of(input);
  for (double& element : elements) element -= zero;
  return make_tensor(DataType::kDOUBLE, input.type.dims, elements);
}

HostTensor compute(const ILayer& layer, const std::vector<HostTensor>& inputs, const network::TensorType& type) {
  const Dims& dims = type.dims;
  HostTensor result = make_tensor(type.dtype, dims, {});
  auto* values = const_cast<void*>(result.values());  // this function made the tensor
  Place at(static_cast<size_t>(dims.nbDims), 0);
  const int64_t count = dims.volume();
  for (int64_t i = 0; i < count; ++i) {
    int64_t rest = i;
    for (int32_t d = dims.nbDims - 1; d >= 0; --d) {
      at[static_cast<size_t>(d)] = rest % dims.d[d];
      rest /= dims.d[d];
    }
    network::store_double(type.dtype, values, i, reference_element({layer, inputs, dims, at}));
  }
  network::apply_epilogue(layer, inputs, type, values);
  return result;
}

// A layer that computes with integers: its sums and its epilogue in double.
HostTensor compute_integers(const ILayer& layer, std::vector<HostTensor> inputs, const network::TensorType& type) {
  inputs[0] = shifted(inputs[0], layer.epilogue().front().beta);
  return make_tensor(type.dtype, type.dims, elements_of(compute(layer, inputs, {DataType::kDOUBLE, type.dims})));
}

HostTensor run_layer(const ILayer& layer, const std::vector<HostTensor>& inputs, const network::TensorType& type) {
  if (layer.getType() == network::LayerType::kNON_ZERO) return find_places(inputs[0]);
  if (network::can_evaluate(layer)) return network::evaluate_layer(layer, inputs)[0];
  if (network::begins_with_dequantize(layer.epilogue())) return compute_integers(layer, inputs, type);
  return compute(layer, inputs, type);
}

// Passes small integer tensors to inference as known shape values.
std::optional<network::ShapeValue> value_of(const HostTensor& tensor) {
  const bool is_shape =
      network::is_integral(tensor.type.dtype) && tensor.type.dims.volume() <= network::ShapeValue::kMaxElements;
  if (!is_shape) return std::nullopt;
  network::ShapeValue value;
  for (const double element : elements_of(tensor)) value.elements.push_back(static_cast<int64_t>(element));
  return value;
}

// Infers the layer's result for these operands during the run, because dims may depend on data.
network::TensorType infer_type(const ILayer& layer, const std::vector<HostTensor>& operands) {
  std::vector<std::optional<network::ShapeValue>> values;
  std::vector<network::InferInput> inputs;
  for (const HostTensor& operand : operands) {
    values.push_back(operand.data == nullptr ? std::nullopt : value_of(operand));
  }
  for (size_t i = 0; i < operands.size(); ++i) {
    inputs.push_back({operands[i].type, values[i] ? &*values[i] : nullptr, operands[i].data != nullptr});
  }
  return network::infer_layer(layer, inputs)[0].type;
}

}  // namespace

std::vector<HostTensor> run_reference(const network::INetworkDefinition& network,
                                      const std::vector<HostTensor>& inputs) {
  std::unordered_map<const ITensor*, HostTensor> tensors;
  for (size_t i = 0; i < inputs.size(); ++i) tensors[network.inputs()[i]] = inputs[i];
  for (const auto& layer : network.layers()) {
    if (layer->getType() == network::LayerType::kINPUT) continue;
    std::vector<HostTensor> operands;
    for (int32_t i = 0; i < layer->getNbInputs(); ++i) {
      operands.push_back(layer->getInput(i) == nullptr ? HostTensor{} : tensors.at(layer->getInput(i)));
    }
    const ITensor* output = layer->getOutput(0);
    tensors[output] = run_layer(*layer, operands, infer_type(*layer, operands));
  }
  std::vector<HostTensor> results;
  for (const ITensor* output : network.outputs()) results.push_back(tensors.at(output));
  return results;
}

HostTensor make_tensor(DataType type, const Dims& dims, const std::vector<double>& elements) {
  HostTensor result;
  result.type = {type, dims};
  auto memory = std::make_shared<std::vector<char>>(static_cast<size_t>(result.bytes()) + 1);
  for (size_t i = 0; i < elements.size(); ++i) {
    network::store_double(type, memory->data(), static_cast<int64_t>(i), elements[i]);
  }
  result.data = std::shared_ptr<const void>(memory, memory->data());
  return result;
}

HostTensor random_tensor(DataType type, const Dims& dims, uint32_t seed) {
  std::vector<double> elements;
  uint32_t state = seed * 2654435761U + 1;
  for (int64_t i = 0; i < dims.volume(); ++i) {
    state = state * 1664525U + 1013904223U;
    const double unit = static_cast<double>(static_cast<int32_t>(state)) / 2147483648.0;
    elements.push_back(network::is_floating_point(type) ? unit : std::floor(unit * 8));
  }
  return make_tensor(type, dims, elements);
}

std::vector<HostTensor> random_inputs(const network::INetworkDefinition& network, uint32_t seed, int64_t unknown) {
  std::vector<HostTensor> inputs;
  for (const ITensor* input : network.inputs()) {
    Dims dims = input->getDimensions();
    for (int32_t i = 0; i < dims.nbDims; ++i) dims.d[i] = dims.d[i] == -1 ? unknown : dims.d[i];
    inputs.push_back(random_tensor(input->getType(), dims, seed++));
  }
  return inputs;
}

std::vector<double> elements_of(const HostTensor& tensor) {
  std::vector<double> elements;
  for (int64_t i = 0; i < tensor.type.dims.volume(); ++i) {
    elements.push_back(network::load_double(tensor.type.dtype, tensor.values(), i));
  }
  return elements;
}

double max_difference(const HostTensor& a, const HostTensor& b) {
  if (!(a.type == b.type)) return std::numeric_limits<double>::infinity();
  const auto left = elements_of(a);
  const auto right = elements_of(b);
  double largest = 0;
  for (size_t i = 0; i < left.size(); ++i) {
    if (left[i] == right[i] || (std::isnan(left[i]) && std::isnan(right[i]))) continue;
    const double difference = std::abs(left[i] - right[i]);
    if (std::isnan(difference)) return std::numeric_limits<double>::infinity();
    largest = std::max(largest, difference);
  }
  return largest;
}

}  // namespace torch_tensorrt::tests
