#include "torch_tensorrt/core/engine/context.h"
#include "torch_tensorrt/core/engine/engine.h"
#include "torch_tensorrt/core/engine/json_dims.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

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

// As TensorRT's inspector has them, for tools that read that.
void write_bindings(JsonWriter& json, const Engine& engine) {
  json.key("Bindings").begin_array();
  for (const IoTensor& input : engine.inputs()) json.value(input.name);
  for (const IoTensor& output : engine.outputs()) json.value(output.name);
  json.end_array();
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
  json.field("backend", plan.backend).field("backend_version", plan.backend_version);
  if (plan.settings) json.field("method", plan.settings->method);
  json.field("max_specialisations", static_cast<int64_t>(plan.max_specialisations));
  json.key("target").begin_object();
  json.field("kind", plan.target.kind == DeviceTarget::Kind::kCPU ? "cpu" : "cuda").field("index", plan.target.index);
  json.field("threads", plan.target.threads).field("isa", plan.target.isa).end_object();
  write_io(json, "inputs", inputs());
  write_io(json, "outputs", outputs());
  write_bindings(json, *this);
  executable().inspect(json);
  json.key("notes").begin_array();
  for (const std::string& note : plan.notes) json.value(note);
  json.end_array();
  json.field("plan_bytes", static_cast<int64_t>(bytes().size()));
  json.field("weight_bytes", plan.weight_bytes);
  write_arena(json, *this);
  return json.end_object().text();
}

}  // namespace torch_tensorrt::engine
