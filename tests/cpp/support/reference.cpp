#include "support/reference.h"

#include <cmath>
#include <limits>
#include <unordered_map>

#include "support/reference_layers.h"
#include "torch_tensorrt/core/network/evaluate_elements.h"
#include "torch_tensorrt/core/network/shape_inference.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::tests {
namespace {

using network::DataType;
using network::Dims;
using network::ILayer;
using network::ITensor;

HostTensor run_layer(const ILayer& layer, const std::vector<HostTensor>& inputs, const network::TensorType& type) {
  if (network::can_evaluate(layer)) return network::evaluate_layer(layer, inputs)[0];
  const Dims& dims = type.dims;
  HostTensor result = make_tensor(type.dtype, dims, {});
  auto* values = const_cast<void*>(result.values());  // made here
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

std::vector<Dims> dims_of(const std::vector<HostTensor>& tensors) {
  std::vector<Dims> result;
  for (const HostTensor& tensor : tensors) result.push_back(tensor.type.dims);
  return result;
}

std::vector<std::optional<network::ShapeValue>> values_of(const std::vector<HostTensor>& tensors) {
  std::vector<std::optional<network::ShapeValue>> result;
  for (const HostTensor& tensor : tensors) {
    const bool is_shape =
        network::is_integral(tensor.type.dtype) && tensor.type.dims.volume() <= network::ShapeValue::kMaxElements;
    result.emplace_back();
    if (!is_shape) continue;
    result.back().emplace();
    for (const double element : elements_of(tensor)) {
      result.back()->elements.push_back(static_cast<int64_t>(element));
    }
  }
  return result;
}

}  // namespace

std::vector<HostTensor> run_reference(const network::INetworkDefinition& network,
                                      const std::vector<HostTensor>& inputs) {
  const auto inferred = network::infer_all(network, dims_of(inputs), values_of(inputs));
  std::unordered_map<const ITensor*, HostTensor> tensors;
  for (size_t i = 0; i < inputs.size(); ++i) tensors[network.inputs()[i]] = inputs[i];
  for (const auto& layer : network.layers()) {
    if (layer->getType() == network::LayerType::kINPUT) continue;
    std::vector<HostTensor> operands;
    for (int32_t i = 0; i < layer->getNbInputs(); ++i) {
      operands.push_back(layer->getInput(i) == nullptr ? HostTensor{} : tensors.at(layer->getInput(i)));
    }
    const ITensor* output = layer->getOutput(0);
    tensors[output] = run_layer(*layer, operands, inferred.at(output).type);
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
