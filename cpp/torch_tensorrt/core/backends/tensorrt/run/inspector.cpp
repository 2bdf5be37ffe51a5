#include "torch_tensorrt/core/backends/tensorrt/run/inspector.h"

#include <nlohmann/json.hpp>

namespace torch_tensorrt::backends::tensorrt {
namespace {

using nlohmann::json;

std::string text_of(const json& layer, const char* key) {
  const auto found = layer.find(key);
  return found != layer.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// For instance "Row major linear FP32", the format of the first output.
std::string format_of(const json& layer) {
  const auto outputs = layer.find("Outputs");
  const bool listed = outputs != layer.end() && outputs->is_array() && !outputs->empty() && (*outputs)[0].is_object();
  return listed ? text_of((*outputs)[0], "Format/Datatype") : std::string();
}

void write_layer(const json& layer, engine::JsonWriter& out) {
  out.begin_object();
  if (layer.is_string()) {
    out.field("name", layer.get<std::string>());
  } else if (layer.is_object()) {
    out.field("name", text_of(layer, "Name")).field("kind", text_of(layer, "LayerType"));
    out.field("tactic", text_of(layer, "TacticName")).field("format", format_of(layer));
    out.field("source", text_of(layer, "Metadata"));
  }
  out.end_object();
}

void write_value(const json& value, engine::JsonWriter& out) {
  if (value.is_object()) {
    out.begin_object();
    for (const auto& [key, element] : value.items()) write_value(element, out.key(key));
    out.end_object();
  } else if (value.is_array()) {
    out.begin_array();
    for (const json& element : value) write_value(element, out);
    out.end_array();
  } else if (value.is_boolean()) {
    out.value(value.get<bool>());
  } else if (value.is_number_integer()) {
    out.value(value.get<int64_t>());
  } else if (value.is_number()) {
    out.value(value.get<double>());
  } else {
    out.value(value.is_string() ? value.get<std::string>() : value.dump());
  }
}

}  // namespace

void write_layers(const std::string& inspection, engine::JsonWriter& out) {
  const json parsed = json::parse(inspection, /*cb=*/nullptr, /*allow_exceptions=*/false);
  out.key("layers").begin_array();
  const bool has_layers = parsed.is_object() && parsed.contains("Layers") && parsed["Layers"].is_array();
  const json layers = has_layers ? parsed["Layers"] : json::array();
  for (const json& layer : layers) write_layer(layer, out);
  out.end_array();
  // Unchanged, for tools that read TensorRT's own inspection.
  write_value(layers, out.key("Layers"));
}

}  // namespace torch_tensorrt::backends::tensorrt
