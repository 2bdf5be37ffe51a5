#include "torch_tensorrt/core/module_report.h"

#include "torch_tensorrt/core/engine/plan/plan.h"
#include "torch_tensorrt/core/hybrid_record.h"
#include "torch_tensorrt/core/module_check.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core {
namespace {

using EnginePtr = c10::intrusive_ptr<runtime::TRTEngine>;

std::string method_of(const runtime::TRTEngine& engine) {
  const auto& settings = engine.engine().plan().settings;
  return settings ? settings->method : "forward";
}

// The engines in the order of the attributes: the order of the calls.
std::vector<EngineReport> engines_of(const torch::jit::Module& module) {
  std::vector<EngineReport> engines;
  for (const auto& attribute : module.named_attributes(/*recurse=*/false)) {
    if (attribute.value.type() != c10::getCustomClassType<EnginePtr>()) continue;
    engines.push_back({attribute.name, attribute.value.toCustomClass<runtime::TRTEngine>(), 0});
  }
  return engines;
}

ModuleReport report_of(const std::string& path, const std::vector<EngineReport>& engines, const MethodRecord& method) {
  ModuleReport report{path, {}, method.report};
  for (size_t i = 0; i < method.engines.size(); ++i) {
    for (const auto& engine : engines) {
      if (engine.attribute != method.engines[i]) continue;
      report.engines.push_back(engine);
      report.engines.back().operations = static_cast<int64_t>(method.report.segments.at(i));
    }
  }
  return report;
}

void add_reports(const std::string& path, const torch::jit::Module& module, std::vector<ModuleReport>& reports) {
  const auto engines = engines_of(module);
  if (const auto record = read_record(module)) {
    for (const auto& method : record->methods) reports.push_back(report_of(path, engines, method));
  } else if (!engines.empty()) {
    reports.push_back({path, engines, {}});
    reports.back().hybrid.method = method_of(*engines.front().engine);
  }
}

}  // namespace

std::vector<ModuleReport> InspectModule(const torch::jit::Module& module) {
  std::vector<ModuleReport> reports;
  for (const auto& part : module.named_modules()) add_reports(part.name, part.value, reports);
  TORCHTRT_CHECK(!reports.empty() || !has_frozen_engines(module),
                 "the module " << module.type()->str() << " was frozen after it was compiled, so its engines are "
                               << "constants of its graph; inspect the module before it is frozen");
  TORCHTRT_CHECK(!reports.empty(), "the module " << module.type()->str()
                                                 << " is not compiled, and none of its submodules is; inspect takes "
                                                 << "the module that compile() returned");
  return reports;
}

}  // namespace torch_tensorrt::core
