#include "torch_tensorrt/core/engine/plan_settings.h"

#include "torch_tensorrt/core/engine/plan_attributes.h"
#include "torch_tensorrt/core/network/enum_names.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::engine {
namespace {

template <typename T>
using Offset = flatbuffers::Offset<T>;

Offset<fb::Parameter> write_parameter(flatbuffers::FlatBufferBuilder& buffer, const Parameter& parameter) {
  const auto name = buffer.CreateString(parameter.name);
  const auto dtype = buffer.CreateSharedString(parameter.dtype);
  return fb::CreateParameter(buffer, name, dtype, buffer.CreateVector(parameter.dims));
}

network::EngineCapability read_capability(int32_t value) {
  const auto last = static_cast<int32_t>(network::EngineCapability::kDLA_STANDALONE);
  if (value < 0 || value > last) TORCHTRT_THROW_ERROR("the engine capability " << value << " is none of this library");
  return static_cast<network::EngineCapability>(value);
}

template <typename List, typename Read>
void read_each(const List* list, Read read) {
  if (list == nullptr) return;
  for (const auto* element : *list) read(*element);
}

}  // namespace

Offset<fb::Settings> write_settings(flatbuffers::FlatBufferBuilder& buffer, const BuildSettings& settings) {
  std::vector<std::string> precisions;
  for (const network::DataType type : settings.enabled_precisions) precisions.push_back(network::enum_name(type));
  std::vector<Offset<fb::Parameter>> parameters;
  for (const Parameter& parameter : settings.parameters) parameters.push_back(write_parameter(buffer, parameter));
  const auto precision_list = buffer.CreateVectorOfStrings(precisions);
  const auto source_list = buffer.CreateVectorOfStrings(settings.tactic_sources);
  const auto parameter_list = buffer.CreateVector(parameters);
  const auto method = buffer.CreateString(settings.method);
  fb::SettingsBuilder table(buffer);
  table.add_enabled_precisions(precision_list);
  table.add_tactic_sources(source_list);
  table.add_timing_iterations(settings.timing_iterations);
  table.add_debug(settings.debug);
  table.add_disable_tf32(settings.disable_tf32);
  table.add_refit(settings.refit);
  table.add_sparse_weights(settings.sparse_weights);
  table.add_workspace_bytes(settings.workspace_bytes);
  table.add_allow_gpu_fallback(settings.allow_gpu_fallback);
  table.add_capability(static_cast<int32_t>(settings.capability));
  table.add_dla_sram_bytes(settings.dla_sram_bytes);
  table.add_dla_local_dram_bytes(settings.dla_local_dram_bytes);
  table.add_dla_global_dram_bytes(settings.dla_global_dram_bytes);
  table.add_optimization_level(settings.optimization_level);
  table.add_version_compatible(settings.version_compatible);
  table.add_hardware_compatible(settings.hardware_compatible);
  table.add_strongly_typed(settings.strongly_typed);
  table.add_parameters(parameter_list);
  table.add_truncate_long_and_double(settings.truncate_long_and_double);
  table.add_method(method);
  return table.Finish();
}

BuildSettings read_settings(const fb::Settings& table) {
  BuildSettings settings;
  settings.enabled_precisions.clear();
  read_each(table.enabled_precisions(), [&](const flatbuffers::String& name) {
    settings.enabled_precisions.insert(read_enum<network::DataType>(&name));
  });
  read_each(table.tactic_sources(),
            [&](const flatbuffers::String& name) { settings.tactic_sources.push_back(name.str()); });
  settings.timing_iterations = table.timing_iterations();
  settings.debug = table.debug();
  settings.disable_tf32 = table.disable_tf32();
  settings.refit = table.refit();
  settings.sparse_weights = table.sparse_weights();
  settings.workspace_bytes = table.workspace_bytes();
  settings.allow_gpu_fallback = table.allow_gpu_fallback();
  settings.capability = read_capability(table.capability());
  settings.dla_sram_bytes = table.dla_sram_bytes();
  settings.dla_local_dram_bytes = table.dla_local_dram_bytes();
  settings.dla_global_dram_bytes = table.dla_global_dram_bytes();
  settings.optimization_level = table.optimization_level();
  settings.version_compatible = table.version_compatible();
  settings.hardware_compatible = table.hardware_compatible();
  settings.strongly_typed = table.strongly_typed();
  read_each(table.parameters(), [&](const fb::Parameter& parameter) {
    settings.parameters.push_back(
        {read_text(parameter.name()), read_text(parameter.dtype()), read_list(parameter.dims())});
  });
  settings.truncate_long_and_double = table.truncate_long_and_double();
  if (table.method() != nullptr) settings.method = table.method()->str();
  return settings;
}

}  // namespace torch_tensorrt::engine
