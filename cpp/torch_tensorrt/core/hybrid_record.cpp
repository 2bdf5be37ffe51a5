#include "torch_tensorrt/core/hybrid_record.h"

#include <type_traits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core {
namespace {

using c10::IValue;
using ir::BoundArgument;
using ir::InputTree;
using nlohmann::json;
using Kind = InputTree::Kind;

constexpr const char* kAttribute = "torch_tensorrt_record";
constexpr int64_t kFormat = 2;
constexpr int64_t kOldestFormat = 1;  // of one method

// ---- arguments -----------------------------------------------------------------------------------------------------

json to_json(const ir::ShapeRange& range) {
  return {{"min", range.min.to_vector()}, {"opt", range.opt.to_vector()}, {"max", range.max.to_vector()}};
}

ir::ShapeRange range_of(const json& range) {
  const auto dims = [&](const char* name) { return network::Dims(range.at(name).get<std::vector<int64_t>>()); };
  return {dims("min"), dims("opt"), dims("max")};
}

json to_json(const ir::Input& input) {
  json ranges = json::array({to_json({input.min, input.opt, input.max})});
  for (const auto& range : input.more_ranges) ranges.push_back(to_json(range));
  return {{"ranges", std::move(ranges)},
          {"dtype", static_cast<int>(input.dtype)},
          {"dtype_is_given", input.dtype_is_user_defined},
          {"format", static_cast<int>(input.format)},
          {"min_values", input.min_values},
          {"opt_values", input.opt_values},
          {"max_values", input.max_values},
          {"name", input.name}};
}

ir::Input input_of(const json& node) {
  const auto& ranges = node.at("ranges");
  const auto first = range_of(ranges.at(0));
  ir::Input input(first.min.to_vector(), first.opt.to_vector(), first.max.to_vector(),
                  static_cast<at::ScalarType>(node.at("dtype").get<int>()),
                  static_cast<network::TensorFormat>(node.at("format").get<int>()), node.at("dtype_is_given"));
  for (size_t i = 1; i < ranges.size(); ++i) input.add_range(range_of(ranges[i]));
  input.min_values = node.at("min_values").get<std::vector<int64_t>>();
  input.opt_values = node.at("opt_values").get<std::vector<int64_t>>();
  input.max_values = node.at("max_values").get<std::vector<int64_t>>();
  input.name = node.at("name").get<std::string>();
  return input;
}

// A float is text: inf and nan are not JSON.
json to_json(const IValue& value) {
  if (value.isNone()) return nullptr;
  if (value.isBool()) return value.toBool();
  if (value.isInt()) return value.toInt();
  if (value.isString()) return value.toStringRef();
  return {{"float", fmt::format("{}", value.toDouble())}};
}

IValue value_of(const json& node) {
  if (node.is_null()) return {};
  if (node.is_boolean()) return node.get<bool>();
  if (node.is_string()) return node.get<std::string>();
  if (node.is_object()) return std::stod(node.at("float").get<std::string>());
  return node.get<int64_t>();
}

json to_json(const InputTree& tree) {
  json node = {{"kind", static_cast<int>(tree.kind)}};
  if (tree.kind == Kind::kInput) node["input"] = to_json(tree.input);
  if (tree.kind == Kind::kValue) node["value"] = to_json(tree.value);
  for (const auto& key : tree.keys) node["keys"].push_back(to_json(key));
  for (const auto& child : tree.children) node["children"].push_back(to_json(child));
  return node;
}

InputTree tree_of(const json& node) {
  InputTree tree;
  tree.kind = static_cast<Kind>(node.at("kind").get<int>());
  if (tree.kind == Kind::kInput) tree.input = input_of(node.at("input"));
  if (tree.kind == Kind::kValue) tree.value = value_of(node.at("value"));
  for (const auto& key : node.value("keys", json::array())) tree.keys.push_back(value_of(key));
  for (const auto& child : node.value("children", json::array())) tree.children.push_back(tree_of(child));
  return tree;
}

json to_json(const std::vector<BoundArgument>& arguments) {
  json list = json::array();
  for (const auto& argument : arguments) {
    list.push_back({{"how", static_cast<int>(argument.how)}, {"tree", to_json(argument.tree)}});
  }
  return list;
}

std::vector<BoundArgument> arguments_of(const json& list) {
  std::vector<BoundArgument> arguments;
  for (const auto& node : list) {
    arguments.push_back({static_cast<BoundArgument::How>(node.at("how").get<int>()), tree_of(node.at("tree"))});
  }
  return arguments;
}

// ---- settings ------------------------------------------------------------------------------------------------------

// A path of the building machine does not belong into the module.
bool is_kept(const SettingRow& row) { return std::string(row.name) != "timing_cache_path"; }

json to_json(const CompileSpec& cfg) {
  const engine::BuildSettings& build = cfg.convert_info.engine_settings;
  json settings;
  visit_settings(build, [&](const SettingRow& row, const auto& value) {
    if (is_kept(row)) settings[row.name] = value;
  });
  std::vector<int> precisions;
  for (const auto precision : build.enabled_precisions) precisions.push_back(static_cast<int>(precision));
  const auto& device = build.device;
  const auto& partitioning = cfg.partitioning_info;
  return {{"settings", std::move(settings)},
          {"precisions", precisions},
          {"capability", static_cast<int>(build.capability)},
          {"tactic_sources", build.tactic_sources},
          {"calibration", build.calibration},
          {"device",
           {{"type", static_cast<int>(device.device_type)},
            {"gpu_id", device.gpu_id},
            {"dla_core", device.dla_core},
            {"allow_gpu_fallback", device.allow_gpu_fallback}}},
          {"min_block_size", partitioning.min_block_size},
          {"torch_executed_ops", partitioning.forced_fallback_operators},
          {"torch_executed_modules", partitioning.forced_fallback_modules}};
}

CompileSpec spec_of(const json& node) {
  CompileSpec cfg{std::vector<ir::Input>()};
  engine::BuildSettings& build = cfg.convert_info.engine_settings;
  const auto& settings = node.at("settings");
  visit_settings(static_cast<Settings&>(build), [&](const SettingRow& row, auto& value) {
    if (settings.contains(row.name)) value = settings.at(row.name).get<std::decay_t<decltype(value)>>();
  });
  build.enabled_precisions.clear();
  for (const int precision : node.at("precisions")) {
    build.enabled_precisions.insert(static_cast<network::DataType>(precision));
  }
  build.capability = static_cast<network::EngineCapability>(node.at("capability").get<int>());
  build.calibration = node.value("calibration", std::string());
  build.tactic_sources = node.at("tactic_sources").get<std::vector<std::string>>();
  const auto& device = node.at("device");
  build.device.device_type = static_cast<network::DeviceType>(device.at("type").get<int>());
  build.device.gpu_id = device.at("gpu_id");
  build.device.dla_core = device.at("dla_core");
  build.device.allow_gpu_fallback = device.at("allow_gpu_fallback");
  auto& partitioning = cfg.partitioning_info;
  partitioning.enabled = true;
  partitioning.min_block_size = node.at("min_block_size");
  partitioning.forced_fallback_operators = node.at("torch_executed_ops").get<std::vector<std::string>>();
  partitioning.forced_fallback_modules = node.at("torch_executed_modules").get<std::vector<std::string>>();
  cfg.lower_info.forced_fallback_operators = partitioning.forced_fallback_operators;
  cfg.lower_info.forced_fallback_modules = partitioning.forced_fallback_modules;
  return cfg;
}

// ---- parameters and report -----------------------------------------------------------------------------------------

json to_json(const std::vector<engine::Parameter>& parameters) {
  json list = json::array();
  for (const auto& parameter : parameters) list.push_back({parameter.name, parameter.dtype, parameter.dims});
  return list;
}

std::vector<engine::Parameter> parameters_of(const json& list) {
  std::vector<engine::Parameter> parameters;
  for (const auto& node : list) {
    parameters.push_back({node.at(0), node.at(1), node.at(2).get<std::vector<int64_t>>()});
  }
  return parameters;
}

json to_json(const HybridReport& report) {
  json rows = json::array();
  for (const auto& row : report.rows) {
    rows.push_back({{"op", row.op}, {"uses", row.uses}, {"reason", row.reason}, {"place", row.place}});
  }
  return {{"method", report.method}, {"why", report.why}, {"segments", report.segments}, {"rows", std::move(rows)}};
}

HybridReport report_of(const json& node) {
  HybridReport report{node.at("method"), node.at("why"), node.at("segments").get<std::vector<size_t>>(), {}};
  for (const auto& row : node.at("rows")) {
    report.rows.push_back({row.at("op"), row.at("reason"), row.at("place"), row.at("uses")});
  }
  return report;
}

// ---- methods -------------------------------------------------------------------------------------------------------

json to_json(const std::vector<FailedBuild>& builds) {
  json list = json::array();
  for (const auto& build : builds) list.push_back({{"nodes", build.nodes}, {"reason", build.reason}});
  return list;
}

std::vector<FailedBuild> failed_builds_of(const json& list) {
  std::vector<FailedBuild> builds;
  for (const auto& node : list) builds.push_back({node.at("nodes").get<std::vector<size_t>>(), node.at("reason")});
  return builds;
}

json to_json(const MethodRecord& method) {
  return {{"arguments", to_json(method.arguments)},
          {"engines", method.engines},
          {"structure", method.structure},
          {"report", to_json(method.report)},
          {"failed_builds", to_json(method.failed_builds)}};
}

MethodRecord method_of(const json& node) {
  return {arguments_of(node.at("arguments")), node.at("engines").get<std::vector<std::string>>(),
          node.at("structure").get<std::vector<std::string>>(), report_of(node.at("report")),
          failed_builds_of(node.value("failed_builds", json::array()))};
}

HybridRecord record_of(const json& node) {
  const int64_t format = node.at("format");
  TORCHTRT_CHECK(format >= kOldestFormat && format <= kFormat,
                 "the compiled module has a record of format "
                     << format << ", and this library reads formats " << kOldestFormat << " to " << kFormat
                     << "; use the library that compiled it, or compile it again");
  HybridRecord record;
  record.cfg = spec_of(node.at("spec"));
  record.parameters = parameters_of(node.at("parameters"));
  if (format == kOldestFormat) {
    record.methods.push_back(method_of(node));
  } else {
    for (const auto& method : node.at("methods")) record.methods.push_back(method_of(method));
  }
  return record;
}

}  // namespace

void write_record(torch::jit::Module& module, const HybridRecord& record) {
  json methods = json::array();
  for (const auto& method : record.methods) methods.push_back(to_json(method));
  const json node = {{"format", kFormat},
                     {"spec", to_json(record.cfg)},
                     {"parameters", to_json(record.parameters)},
                     {"methods", std::move(methods)}};
  const std::string text = node.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace);
  if (module.hasattr(kAttribute)) return module.setattr(kAttribute, text);
  module.register_attribute(kAttribute, c10::StringType::get(), text, /*is_param=*/false);
}

std::optional<HybridRecord> read_record(const torch::jit::Module& module) {
  if (!module.hasattr(kAttribute) || !module.attr(kAttribute).isString()) return std::nullopt;
  try {
    return record_of(json::parse(module.attr(kAttribute).toStringRef()));
  } catch (const json::exception& error) {
    TORCHTRT_THROW_ERROR("the record of the compiled module is damaged ("
                         << error.what() << "); load its file again, or compile the module again");
  }
}

}  // namespace torch_tensorrt::core
