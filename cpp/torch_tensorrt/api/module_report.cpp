#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <regex>

#include "torch_tensorrt/core/module_report.h"
#include "torch_tensorrt/core/util/encodings.h"
#include "torch_tensorrt/core/util/macros.h"
#include "torch_tensorrt/torch_tensorrt.h"

// Reports what a compiled module runs.
namespace torch_tensorrt::torchscript {
namespace {

using nlohmann::json;

CompiledMethod public_report(const core::ModuleReport& report) {
  CompiledMethod method;
  method.path = report.path;
  method.method = report.hybrid.method;
  method.reason = report.hybrid.why;
  for (const auto& engine : report.engines) {
    method.engines.push_back({engine.attribute, engine.operations, engine.engine->get_engine_layer_info()});
  }
  for (const auto& row : report.hybrid.rows) {
    method.pytorch.push_back({row.op, "pytorch", row.reason, row.place, static_cast<int64_t>(row.uses)});
  }
  return method;
}

std::string dims_text(const json& tensor) {
  std::string text;
  const bool is_range = tensor.contains("min");
  for (size_t i = 0; i < tensor.at("dims").size(); ++i) {
    text += text.empty() ? "" : ", ";
    if (is_range && tensor["min"][i] != tensor["max"][i]) {
      text += fmt::format("{} to {}", tensor["min"][i].dump(), tensor["max"][i].dump());
    } else {
      text += tensor["dims"][i].dump();
    }
  }
  return fmt::format("{} [{}]", tensor.at("dtype").get<std::string>(), text);
}

std::string tensors_text(const json& tensors) {
  std::string text;
  for (const auto& tensor : tensors) text += (text.empty() ? "" : ", ") + dims_text(tensor);
  return text;
}

// "6 operations in 4 layers, 384 bytes of weights, backend native on cpu". Not every backend tells its layers.
std::string size_text(const EngineInformation& engine, const json& information) {
  std::string size;
  if (engine.operations > 0) size = fmt::format("{} operations", engine.operations);
  if (information.contains("Layers")) {
    size += fmt::format("{}{} layers", size.empty() ? "" : " in ", information["Layers"].size());
  }
  return fmt::format("{}{}{} bytes of weights, backend {} on {}", size, size.empty() ? "" : ", ",
                     information.at("weight_bytes").get<int64_t>(), information.at("backend").get<std::string>(),
                     information.at("target").at("kind").get<std::string>());
}

// What became of the precisions that the user asked for.
std::string precision_text(const json& information) {
  std::string text;
  for (const auto& note : information.value("notes", json::array())) {
    const auto line = note.get<std::string>();
    const bool is_wanted = line.rfind("precision:", 0) == 0 || line.rfind("weight_only:", 0) == 0;
    if (is_wanted) text += "    " + std::regex_replace(line, std::regex("\n"), "\n    ") + "\n";
  }
  return text;
}

std::string engine_text(const EngineInformation& engine) {
  const auto information = json::parse(engine.information);
  return fmt::format("  {}: {}\n    takes {}\n    gives {}\n{}", engine.attribute, size_text(engine, information),
                     tensors_text(information.at("inputs")), tensors_text(information.at("outputs")),
                     precision_text(information));
}

std::string row_text(const OperatorSupport& row) {
  const std::string uses = row.uses == 1 ? "" : fmt::format("{} x ", row.uses);
  const std::string place = row.source.empty() ? "" : (row.uses == 1 ? " at " : ", first at ") + row.source;
  return fmt::format("  {}{}{}: {}\n", uses, row.op, place, row.reason);
}

}  // namespace

std::vector<CompiledMethod> inspect(const torch::jit::Module& module) {
  std::vector<CompiledMethod> methods;
  for (const auto& report : core::InspectModule(module)) methods.push_back(public_report(report));
  return methods;
}

std::string to_table(const std::vector<CompiledMethod>& methods) {
  std::string text;
  for (const auto& method : methods) {
    text += method.path.empty() ? method.method : method.path + "." + method.method;
    text += method.engines.size() == 1 ? ": 1 engine\n" : fmt::format(": {} engines\n", method.engines.size());
    if (!method.reason.empty()) text += fmt::format("  it is not one engine, because {}\n", method.reason);
    for (const auto& engine : method.engines) text += engine_text(engine);
    if (method.pytorch.empty()) continue;
    text += "PyTorch runs:\n";
    for (const auto& row : method.pytorch) text += row_text(row);
  }
  return core::util::escape_invalid_utf8(text);
}

std::string to_json(const std::vector<CompiledMethod>& methods) {
  json list = json::array();
  for (const auto& method : methods) {
    json engines = json::array();
    for (const auto& engine : method.engines) {
      engines.push_back({{"attribute", engine.attribute},
                         {"operations", engine.operations},
                         {"information", json::parse(engine.information)}});
    }
    json pytorch = json::array();
    for (const auto& row : method.pytorch) {
      pytorch.push_back({{"op", row.op}, {"uses", row.uses}, {"reason", row.reason}, {"source", row.source}});
    }
    list.push_back({{"path", method.path},
                    {"method", method.method},
                    {"reason", method.reason},
                    {"engines", std::move(engines)},
                    {"pytorch", std::move(pytorch)}});
  }
  return json{{"methods", std::move(list)}}.dump(2, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
}

}  // namespace torch_tensorrt::torchscript
