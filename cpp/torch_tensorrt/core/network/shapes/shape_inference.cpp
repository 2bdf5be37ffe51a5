#include "torch_tensorrt/core/network/shapes/shape_inference.h"

#include <algorithm>

#include "torch_tensorrt/core/network/layers/infer_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

// Checks the dims of an input at run time against those of the network.
void check_input_dims(const ITensor& input, const Dims& built, const Dims& given) {
  bool fits = built.nbDims == given.nbDims;
  for (int32_t i = 0; fits && i < built.nbDims; ++i) {
    fits = built.d[i] == -1 || built.d[i] == given.d[i];
  }
  if (!fits) {
    TORCHTRT_THROW_ERROR("input \"" << input.getName() << "\" has the dims " << to_string(given)
                                    << ", which do not fit " << to_string(built));
  }
}

void check_value(const ITensor& input, const TensorType& type, const std::optional<ShapeValue>& value) {
  if (value && (!type.dims.is_static() || static_cast<int64_t>(value->elements.size()) != type.dims.volume())) {
    TORCHTRT_THROW_ERROR("input \"" << input.getName() << "\" is given " << value->elements.size()
                                    << " elements as a shape, but its dims are " << to_string(type.dims));
  }
}

InferredTensors infer_network_inputs(const INetworkDefinition& network, const std::vector<Dims>& input_dims,
                                     const std::vector<std::optional<ShapeValue>>& values) {
  const auto& inputs = network.inputs();
  if (input_dims.size() != inputs.size() || (!values.empty() && values.size() != inputs.size())) {
    TORCHTRT_THROW_ERROR("dims of " << input_dims.size() << " inputs and values of " << values.size()
                                    << " are given, the network has " << inputs.size() << " inputs");
  }
  InferredTensors tensors;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const TensorType& built = layer_cast<IInputLayer>(inputs[i]->producer())->type();
    check_input_dims(*inputs[i], built.dims, input_dims[i]);
    InferredTensor& tensor = tensors[inputs[i]];
    tensor.type = {built.dtype, input_dims[i]};
    if (!values.empty()) {
      check_value(*inputs[i], tensor.type, values[i]);
      tensor.value = values[i];
    }
  }
  return tensors;
}

}  // namespace

std::vector<InferredTensor> infer_layer(const ILayer& layer, const std::vector<InferInput>& inputs) {
  try {
    const std::vector<TensorType> types = layer.infer(inputs);
    TORCHTRT_ASSERT(static_cast<int32_t>(types.size()) == layer.getNbOutputs(), "every output has a type");
    std::vector<InferredTensor> tensors;
    for (const TensorType& type : types) {
      tensors.push_back({type, std::nullopt});
    }
    if (may_be_shape(types.front())) {
      tensors.front().value = layer.infer_value(inputs, types);
      TORCHTRT_ASSERT(!tensors.front().value ||
                          static_cast<int64_t>(tensors.front().value->elements.size()) == types.front().dims.volume(),
                      "a shape value has as many elements as its tensor");
    }
    return tensors;
  } catch (const Error& error) {
    TORCHTRT_THROW_ERROR(describe(layer) << ": " << error.msg());
  }
}

InferredTensors infer_all(const INetworkDefinition& network, const std::vector<Dims>& input_dims,
                          const std::vector<std::optional<ShapeValue>>& values) {
  InferredTensors tensors = infer_network_inputs(network, input_dims, values);
  for (const auto& layer : network.layers()) {
    if (layer->getType() == LayerType::kINPUT) {
      continue;
    }
    std::vector<InferredTensor> outputs = infer_layer(*layer, infer_inputs(*layer, tensors));
    for (size_t i = 0; i < outputs.size(); ++i) {
      tensors[layer->getOutput(static_cast<int32_t>(i))] = std::move(outputs[i]);
    }
  }
  return tensors;
}

std::vector<std::optional<ShapeValue>> profile_values(const INetworkDefinition& network,
                                                      std::vector<int64_t> ProfileRange::*point) {
  std::vector<std::optional<ShapeValue>> values(network.inputs().size());
  bool any = false;
  for (size_t i = 0; i < values.size() && !network.profiles().empty(); ++i) {
    const auto range = network.profiles().front().find(network.inputs()[i]->getName());
    if (range == network.profiles().front().end() || (range->second.*point).empty()) continue;
    values[i] = ShapeValue{range->second.*point};
    any = true;
  }
  return any ? values : std::vector<std::optional<ShapeValue>>();
}

std::vector<InferInput> infer_inputs(const ILayer& layer, const InferredTensors& tensors) {
  std::vector<InferInput> inputs(static_cast<size_t>(layer.getNbInputs()));
  for (size_t i = 0; i < inputs.size(); ++i) {
    const ITensor* input = layer.getInput(static_cast<int32_t>(i));
    inputs[i].present = input != nullptr;
    if (input == nullptr) {
      continue;
    }
    const auto found = tensors.find(input);
    if (found == tensors.end()) {
      TORCHTRT_THROW_ERROR(describe(layer) << ": input " << i << " is not inferred; its layer "
                                           << describe(*input->producer()) << " must stand before it");
    }
    inputs[i].type = found->second.type;
    inputs[i].value = found->second.value ? &*found->second.value : nullptr;
  }
  return inputs;
}

Dims broadcast_dims(const Dims& a, const Dims& b) {
  Dims out;
  out.nbDims = std::max(a.nbDims, b.nbDims);
  for (int32_t back = 1; back <= out.nbDims; ++back) {
    const int64_t da = back <= a.nbDims ? a.d[a.nbDims - back] : 1;
    const int64_t db = back <= b.nbDims ? b.d[b.nbDims - back] : 1;
    int64_t& d = out.d[out.nbDims - back];
    if (da == db || db == 1) {
      d = da;
    } else if (da == 1) {
      d = db;
    } else if (da == -1 || db == -1) {
      d = da == -1 ? db : da;
    } else {
      TORCHTRT_THROW_ERROR("dims " << to_string(a) << " and " << to_string(b) << " do not broadcast: " << da << " and "
                                   << db << " must be equal, or one of them 1");
    }
  }
  return out;
}

}  // namespace torch_tensorrt::network
