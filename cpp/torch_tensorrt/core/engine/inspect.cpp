#include "torch_tensorrt/core/engine/context.h"
#include "torch_tensorrt/core/engine/engine.h"
#include "torch_tensorrt/core/engine/json.h"
#include "torch_tensorrt/core/engine/layer_summary.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

void write_dims(JsonWriter& json, const char* name, const network::Dims& dims) {
  json.key(name).begin_array();
  for (int32_t i = 0; i < dims.nbDims; ++i) json.value(dims.d[i]);
  json.end_array();
}

void write_io(JsonWriter& json, const char* name, const std::vector<IoTensor>& tensors) {
  json.key(name).begin_array();
  for (const IoTensor& tensor : tensors) {
    json.begin_object().field("name", tensor.name).field("dtype", network::enum_name(tensor.dtype));
    json.field("format", network::enum_name(tensor.format));
    write_dims(json, "dims", tensor.dims);
    if (tensor.min != tensor.max) {
      write_dims(json, "min", tensor.min);
      write_dims(json, "opt", tensor.opt);
      write_dims(json, "max", tensor.max);
    }
    json.end_object();
  }
  json.end_array();
}

void write_tensor_names(JsonWriter& json, const char* name, const std::vector<const network::ITensor*>& tensors) {
  json.key(name).begin_array();
  for (const network::ITensor* tensor : tensors) {
    json.begin_object().field("name", tensor->getName()).field("dtype", network::enum_name(tensor->getType()));
    json.field("format", network::enum_name(tensor->format()));
    write_dims(json, "dims", tensor->getDimensions());
    json.end_object();
  }
  json.end_array();
}

void write_layer(JsonWriter& json, const network::ILayer& layer, const LayerChoice& choice) {
  const BuiltLayer summary = summarise_layer(layer, choice);
  json.begin_object().field("name", summary.name).field("kind", summary.kind).field("fused", summary.fused);
  json.field("tactic", summary.tactic).field("precision", summary.precision).field("format", summary.format);
  json.field("source", summary.source).field("microseconds", summary.microseconds);
  std::vector<const network::ITensor*> tensors;
  for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
    if (layer.getInput(i) != nullptr) tensors.push_back(layer.getInput(i));
  }
  write_tensor_names(json, "inputs", tensors);
  tensors.clear();
  for (int32_t i = 0; i < layer.getNbOutputs(); ++i) tensors.push_back(layer.getOutput(i));
  write_tensor_names(json, "outputs", tensors);
  json.end_object();
}

// At the opt dims; why not, when those are not enough to know the shapes inside.
void write_arena(JsonWriter& json, const Engine& engine) {
  std::vector<network::Dims> dims;
  for (const IoTensor& input : engine.inputs()) dims.push_back(input.opt);
  try {
    const auto context = engine.create_context();
    context->set_input_dims(dims);
    json.field("arena_bytes", context->arena_bytes());
    json.field("arena_lower_bound_bytes", context->arena_lower_bound_bytes());
  } catch (const Error& e) {
    json.field("arena_error", e.msg());
  }
}

}  // namespace

std::string Engine::inspect_json() const {
  const Plan& plan = this->plan();
  JsonWriter json;
  json.begin_object().field("name", plan.name).field("producer", plan.producer);
  json.field("format_version", static_cast<int64_t>(Plan::kFormatVersion));
  json.key("target").begin_object();
  json.field("kind", plan.target.kind == DeviceTarget::Kind::kCPU ? "cpu" : "cuda").field("index", plan.target.index);
  json.field("threads", plan.target.threads).field("isa", plan.target.isa).end_object();
  write_io(json, "inputs", inputs());
  write_io(json, "outputs", outputs());
  json.key("layers").begin_array();
  for (int32_t i = 0; i < plan.network->getNbLayers(); ++i) {
    write_layer(json, *plan.network->getLayer(i), plan.choices[static_cast<size_t>(i)]);
  }
  json.end_array().key("notes").begin_array();
  for (const std::string& note : plan.notes) json.value(note);
  json.end_array();
  json.field("plan_bytes", static_cast<int64_t>(bytes().size()));
  json.field("weight_bytes", plan.weight_bytes);
  write_arena(json, *this);
  return json.end_object().text();
}

}  // namespace torch_tensorrt::engine
