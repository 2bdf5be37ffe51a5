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

void add_report(const std::string& path, const torch::jit::Module& module, std::vector<ModuleReport>& reports) {
  ModuleReport report{path, engines_of(module), {}};
  if (const auto record = read_record(module)) {
    report.hybrid = record->report;
    for (auto& engine : report.engines) {
      for (size_t i = 0; i < record->engines.size(); ++i) {
        if (record->engines[i] == engine.attribute) {
          engine.operations = static_cast<int64_t>(record->report.segments.at(i));
        }
      }
    }
  } else if (report.engines.empty()) {
    return;
  } else {
    report.hybrid.method = method_of(*report.engines.front().engine);
  }
  reports.push_back(std::move(report));
}

}  // namespace

std::vector<ModuleReport> InspectModule(const torch::jit::Module& module) {
  std::vector<ModuleReport> reports;
  for (const auto& part : module.named_modules()) add_report(part.name, part.value, reports);
  TORCHTRT_CHECK(!reports.empty() || !has_frozen_engines(module),
                 "the module " << module.type()->str() << " was frozen after it was compiled, so its engines are "
                               << "constants of its graph; inspect the module before it is frozen");
  TORCHTRT_CHECK(!reports.empty(), "the module " << module.type()->str()
                                                 << " is not compiled, and none of its submodules is; inspect takes "
                                                 << "the module that compile() returned");
  return reports;
}

}  // namespace torch_tensorrt::core
