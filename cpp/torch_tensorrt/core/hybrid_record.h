#pragma once

#include <optional>
#include <string>
#include <vector>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/compiler.h"
#include "torch_tensorrt/core/hybrid_report.h"
#include "torch_tensorrt/core/ir/input_tree.h"

namespace torch_tensorrt::core {

// Nodes that lost their backend because it failed to build their engine.
struct FailedBuild {
  std::vector<size_t> nodes;  // their numbers in the prepared graph
  std::string reason;
};

// How a method of a hybrid module was made.
struct MethodRecord {
  std::vector<ir::BoundArgument> arguments;
  std::vector<std::string> engines;    // the names of the attributes
  std::vector<std::string> structure;  // GraphStructure::lines
  HybridReport report;
  std::vector<FailedBuild> failed_builds;  // in the order of the attempts
};

// How a hybrid module was made. The module carries it as text, so it is saved, copied and loaded with the module.
struct HybridRecord {
  CompileSpec cfg{std::vector<ir::Input>()};  // without inputs
  std::vector<engine::Parameter> parameters;  // of the module that was compiled
  std::vector<MethodRecord> methods;
};

// Adds the record to the module, or replaces the module's.
void write_record(torch::jit::Module& module, const HybridRecord& record);

// Unset if the module is no hybrid module. Throws Error if the record is damaged, or of a newer library.
std::optional<HybridRecord> read_record(const torch::jit::Module& module);

}  // namespace torch_tensorrt::core
