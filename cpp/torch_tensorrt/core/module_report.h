#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/hybrid_report.h"
#include "torch_tensorrt/core/runtime/TRTEngine.h"

// What compiled modules run.
namespace torch_tensorrt::core {

struct EngineReport {
  std::string attribute;  // of the module
  c10::intrusive_ptr<runtime::TRTEngine> engine;
  int64_t operations = 0;  // of the method; 0 if the module is one engine
};

// A compiled method of a module, or of a submodule.
struct ModuleReport {
  std::string path;  // of the submodule; empty for the module itself
  std::vector<EngineReport> engines;
  HybridReport hybrid;  // of a module that is one engine: only the name of the method
};

// One entry for each compiled method of the module and its submodules. Throws Error if there is none.
std::vector<ModuleReport> InspectModule(const torch::jit::Module& module);

}  // namespace torch_tensorrt::core
