#include "torch_tensorrt/core/engine/plan/inspect.h"

#include <map>

#include "torch_tensorrt/core/engine/build/network_choice.h"
#include "torch_tensorrt/core/engine/plan/json.h"
#include "torch_tensorrt/core/engine/plan/network_weights.h"
#include "torch_tensorrt/core/engine/run/context.h"
#include "torch_tensorrt/core/engine/run/engine.h"
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

// TensorRT's inspector writes these fields, and tools read them.
void write_bindings(JsonWriter& json, const Engine& engine) {
  json.key("Bindings").begin_array();
  for (const IoTensor& input : engine.inputs()) json.value(input.name);
  for (const IoTensor& output : engine.outputs()) json.value(output.name);
  json.end_array();
}

void write_memory(JsonWriter& json, const MemoryOverTime& memory) {
  json.key("memory").begin_object().key("steps").begin_array();
  for (const int32_t layer : memory.layers) json.value(layer);
  json.end_array().key("uses").begin_array();
  for (const MemoryUse& use : memory.uses) {
    json.begin_object().field("layer", use.layer).field("workspace", use.is_workspace).field("bytes", use.bytes);
    json.field("offset", use.offset).field("first", use.first).field("last", use.last).end_object();
  }
  json.end_array().end_object();
}

// The network as converted, and the passes that changed it.
void write_optimization(JsonWriter& json, const Plan& plan) {
  json.key("converted").begin_object();
  for (const auto& [kind, count] : plan.converted) json.field(kind, count);
  json.end_object().key("passes").begin_array();
  for (const optimizer::PassReport& pass : plan.passes) {
    json.begin_object().field("name", pass.name).field("layers_before", pass.layers_before);
    json.field("layers_after", pass.layers_after).end_object();
  }
  json.end_array();
}

void write_settings(JsonWriter& json, const BuildSettings& settings) {
  json.key("settings").begin_object().key("enabled_precisions").begin_array();
  for (const network::DataType type : settings.enabled_precisions) json.value(network::enum_name(type));
  json.end_array();
  visit_settings(static_cast<const Settings&>(settings), [&](const SettingRow& row, const auto& value) {
    if (!row.is_recorded) return;
    using T = std::decay_t<decltype(value)>;
    json.key(row.name);
    if constexpr (std::is_same_v<T, std::vector<std::string>>) {
      json.begin_array();
      for (const std::string& text : value) json.value(text);
      json.end_array();
    } else if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::string>) {
      json.value(value);
    } else {
      json.value(static_cast<int64_t>(value));
    }
  });
  json.end_object();
}

// Writes the arena's size and its content over time at the opt dims; if these do not fix the shapes inside, the reason.
void write_arena(JsonWriter& json, const Engine& engine) {
  std::vector<network::Dims> dims;
  for (const IoTensor& input : engine.inputs()) dims.push_back(input.opt);
  try {
    const auto context = engine.create_context();
    context->set_input_dims(dims);
    json.field("arena_bytes", context->arena_bytes());
    json.field("arena_lower_bound_bytes", context->arena_lower_bound_bytes());
    write_memory(json, context->memory());
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
  json.field("max_specializations", static_cast<int64_t>(plan.max_specializations));
  json.key("target").begin_object();
  json.field("kind", plan.target.is_cpu() ? "cpu" : "cuda").field("index", plan.target.gpu_id);
  json.field("threads", plan.target.threads).field("isa", plan.target.isa).end_object();
  write_io(json, "inputs", inputs());
  write_io(json, "outputs", outputs());
  write_bindings(json, *this);
  executable().inspect(json);
  if (plan.settings) write_settings(json, *plan.settings);
  write_optimization(json, plan);
  json.key("notes").begin_array();
  for (const std::string& note : plan.notes) json.value(note);
  json.end_array();
  json.field("plan_bytes", static_cast<int64_t>(bytes().size()));
  json.field("weight_bytes", plan.weight_bytes);
  write_arena(json, *this);
  return json.end_object().text();
}

namespace {

bool has_bias(const network::ILayer& layer) {
  bool found = false;
  for_each_weights(layer, [&](const char* name, const network::Weights&) { found |= std::string(name) == "bias"; });
  return found;
}

// "bias, sum, relu": the operations that run in the layer besides its own.
std::string fused_text(const network::ILayer& layer) {
  std::string text;
  const auto add = [&](const std::string& name) { text += (text.empty() ? "" : ", ") + name; };
  if (has_bias(layer)) add("bias");
  for (const network::EpilogueOp& op : layer.epilogue()) {
    add(network::op_name(op));
  }
  return text;
}

}  // namespace

BuiltLayer summarize_layer(const network::ILayer& layer, const LayerChoice& choice) {
  BuiltLayer result;
  result.name = layer.getName();
  result.kind = network::enum_name(layer.getType());
  result.fused = fused_text(layer);
  result.tactic = choice.tactic;
  result.config = choice.config;
  result.format = network::enum_name(layer.getOutput(0)->format());
  result.precision = network::enum_name(layer.getOutput(0)->getType());
  result.source = layer.source();
  result.microseconds = choice.microseconds;
  return result;
}

namespace {

using network::DataType;
using network::ILayer;
using network::ITensor;
using network::LayerType;
using network::TensorFormat;

bool is_row_major(TensorFormat format) { return format == TensorFormat::kLINEAR; }

// TensorRT's texts for a tensor's format and dtype.
std::string format_text(DataType type, TensorFormat format) {
  static const std::map<std::pair<DataType, bool>, std::string> kTexts = {
      {{DataType::kFLOAT, true}, "Row major linear FP32"},
      {{DataType::kHALF, true}, "Row major linear FP16 format"},
      {{DataType::kBF16, true}, "Row major linear BFloat16 format"},
      {{DataType::kINT8, true}, "Row major Int8 format"},
      {{DataType::kUINT8, true}, "Row major linear UInt8 format"},
      {{DataType::kINT32, true}, "Row major linear Int32"},
      {{DataType::kINT64, true}, "Row major linear Int64 format"},
      {{DataType::kBOOL, true}, "Row major linear BOOL"},
      {{DataType::kDOUBLE, true}, "Double"},
      {{DataType::kFLOAT, false}, "Channel major FP32 format"},
      {{DataType::kHALF, false}, "Channel major FP16 format"},
      {{DataType::kBF16, false}, "Channel major BFloat16 format"},
      {{DataType::kINT8, false}, "Channel major Int8 format"},
      {{DataType::kUINT8, false}, "Channel major UInt8 format"},
  };
  const auto found = kTexts.find({type, is_row_major(format)});
  return found != kTexts.end() ? found->second : network::enum_name(type) + " " + network::enum_name(format);
}

std::string weights_text(DataType type) {
  static const std::map<DataType, std::string> kTexts = {
      {DataType::kFLOAT, "Float"}, {DataType::kHALF, "Half"}, {DataType::kINT8, "Int8"}, {DataType::kINT32, "Int32"}};
  const auto found = kTexts.find(type);
  return found != kTexts.end() ? found->second : network::enum_name(type);
}

bool is_constant(const ITensor& tensor) { return tensor.producer()->getType() == LayerType::kCONSTANT; }

class Layers {
 public:
  Layers(JsonWriter& json, const Plan& plan) : json_(json), plan_(plan) {
    for (int32_t i = 0; i < plan.network->getNbLayers(); ++i) {
      if (!plan.choices[static_cast<size_t>(i)].tactic.empty()) running_.insert({plan.network->getLayer(i), i});
    }
    try {
      shapes_ = infer_at_opt(*plan.network);
    } catch (const Error&) {  // the opt dims are not enough to know the shapes inside
    }
  }

  void write() {
    json_.key("Layers").begin_array();
    for (int32_t i = 0; i < plan_.network->getNbLayers(); ++i) {
      const ILayer& layer = *plan_.network->getLayer(i);
      if (running_.count(&layer) != 0) write(layer, plan_.choices[static_cast<size_t>(i)]);
    }
    json_.end_array();
  }

 private:
  const ITensor& behind_views(const ITensor& tensor) const {
    const ITensor* source = &tensor;
    while (running_.count(source->producer()) == 0 && source->producer()->getNbInputs() > 0) {
      const ITensor* next = source->producer()->getInput(0);
      if (next == nullptr) break;
      source = next;
    }
    return *source;
  }

  void write(const std::string& name, const ITensor& tensor) {
    const auto inferred = shapes_.find(&tensor);
    json_.begin_object().field("Name", name);
    write_dims(json_, "Dimensions", inferred == shapes_.end() ? tensor.getDimensions() : inferred->second.type.dims);
    json_.field("Format/Datatype", format_text(tensor.getType(), tensor.format())).end_object();
  }

  // Also counts the network's constants that the layer reads.
  void write_weights(const ILayer& layer) {
    std::map<DataType, int64_t> counts;
    for_each_weights(layer,
                     [&](const char*, const network::Weights& weights) { counts[weights.type] += weights.count; });
    for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
      const ITensor* input = layer.getInput(i);
      if (input != nullptr && is_constant(*input)) counts[input->getType()] += input->getDimensions().volume();
    }
    if (counts.empty()) return;
    auto most = counts.begin();
    for (auto it = counts.begin(); it != counts.end(); ++it) most = it->second > most->second ? it : most;
    json_.key("Weights").begin_object().field("Type", weights_text(most->first)).field("Count", most->second);
    json_.end_object();
  }

  void write(const ILayer& layer, const LayerChoice& choice) {
    const BuiltLayer summary = summarize_layer(layer, choice);
    json_.begin_object().field("Name", summary.name).field("LayerType", summary.kind);
    json_.key("Inputs").begin_array();
    for (int32_t i = 0; i < layer.getNbInputs(); ++i) {
      const ITensor* input = layer.getInput(i);
      if (input != nullptr && !is_constant(*input)) write(behind_views(*input).getName(), *input);
    }
    json_.end_array().key("Outputs").begin_array();
    for (int32_t i = 0; i < layer.getNbOutputs(); ++i) write(layer.getOutput(i)->getName(), *layer.getOutput(i));
    json_.end_array();
    write_weights(layer);
    json_.field("TacticName", summary.tactic).field("Fused", summary.fused);
    json_.field("Metadata", summary.source).end_object();
  }

  JsonWriter& json_;
  const Plan& plan_;
  std::map<const ILayer*, int32_t> running_;
  network::InferredTensors shapes_;
};

}  // namespace

void write_explorer_layers(JsonWriter& json, const Plan& plan) { Layers(json, plan).write(); }

}  // namespace torch_tensorrt::engine
