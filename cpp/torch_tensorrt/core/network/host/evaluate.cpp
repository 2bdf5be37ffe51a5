#include "torch_tensorrt/core/network/host/evaluate.h"

#include <algorithm>
#include <new>

#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/network/host/evaluate_elements.h"
#include "torch_tensorrt/core/network/shapes/shape_inference.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::network {
namespace {

std::shared_ptr<void> allocate(int64_t bytes) {
  constexpr std::align_val_t kAlignment{64};
  void* memory = ::operator new(static_cast<size_t>(std::max<int64_t>(bytes, 1)), kAlignment);
  return {memory, [](void* block) { ::operator delete(block, kAlignment); }};
}

// Pass small integer tensors to inference as known shape values.
std::optional<ShapeValue> shape_value_of(const HostTensor& tensor) {
  const bool is_integer = is_integral(tensor.type.dtype) || tensor.type.dtype == DataType::kBOOL;
  const int64_t count = tensor.type.dims.volume();
  if (!is_integer || !has_elements(tensor.type.dtype) || count > ShapeValue::kMaxElements) return std::nullopt;
  ShapeValue value;
  for (int64_t i = 0; i < count; ++i) {
    value.elements.push_back(load_integer(tensor.type.dtype, tensor.values(), i));
  }
  return value;
}

TensorType infer_output(const ILayer& layer, const HostTensors& inputs) {
  std::vector<std::optional<ShapeValue>> values;
  for (const HostTensor& input : inputs) {
    values.push_back(input.data != nullptr ? shape_value_of(input) : std::nullopt);
  }
  std::vector<InferInput> described;
  for (size_t i = 0; i < inputs.size(); ++i) {
    described.push_back({inputs[i].type, values[i] ? &*values[i] : nullptr, inputs[i].data != nullptr});
  }
  TensorType type = infer_layer(layer, described)[0].type;
  TORCHTRT_CHECK(type.dims.is_static(), describe(layer) << ": the output dims are " << to_string(type.dims)
                                                        << ", although all inputs are known");
  return type;
}

}  // namespace

int64_t HostTensor::bytes() const { return type.dims.volume() * element_size(type.dtype); }

Decision can_evaluate(const ILayer& layer) {
  if (layer.getType() == LayerType::kCONSTANT) return Decision::yes();
  if (!layer.can_be_evaluated()) {
    return Decision::no(enum_name(layer.getType()) + " layers are not evaluated on the host");
  }
  if (changes_type(layer.epilogue())) return Decision::no("computes with 8-bit integers");
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    if (layer.getInput(i) == nullptr || has_elements(layer.getInput(i)->getType())) continue;
    return Decision::no("has an input of " + enum_name(layer.getInput(i)->getType()));
  }
  if (!has_elements(layer.getOutput(0)->getType())) {
    return Decision::no("has an output of " + enum_name(layer.getOutput(0)->getType()));
  }
  return Decision::yes();
}

std::vector<HostTensor> evaluate_layer(const ILayer& layer, const std::vector<HostTensor>& inputs) {
  const Decision decision = can_evaluate(layer);
  if (!decision) TORCHTRT_THROW_ERROR(describe(layer) << ": " << decision.reason());
  if (const auto* constant = layer_cast<IConstantLayer>(&layer)) return {constant_value(*constant)};
  TORCHTRT_CHECK(static_cast<int32_t>(inputs.size()) == layer.getNbInputs(),
                 describe(layer) << ": " << inputs.size() << " inputs are given, must be " << layer.getNbInputs());
  HostTensor result;
  result.type = infer_output(layer, inputs);
  const auto memory = allocate(result.bytes());
  layer.evaluate(inputs, {result.type, memory.get()});
  apply_epilogue(layer, inputs, result.type, memory.get());
  result.data = memory;
  return {result};
}

HostTensor constant_value(const IConstantLayer& layer) {
  HostTensor result;
  result.type = {layer.getWeights().type, layer.getDimensions()};
  // Borrowed memory is not freed. A null pointer would mean a missing tensor.
  static const char nothing = 0;
  const void* values = layer.getWeights().values;
  result.data = std::shared_ptr<const void>(values != nullptr ? values : &nothing, [](const void*) {});
  return result;
}

}  // namespace torch_tensorrt::network
