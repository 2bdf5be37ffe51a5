#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/lowering/lowering.h"

namespace torch_tensorrt::core::lowering {

// One line of the pipeline: a pass, and the reason for its position.
struct PassEntry {
  const char* name;
  std::function<void(LoweredGraph&, const LowerInfo&)> run;
  const char* reason;
};

// The only place that defines the order of the passes.
std::vector<PassEntry> lowering_pipeline();
// Runs the entries in order and logs the graph after each at the debug level. An Error from a pass names the
// pass.
void run_pipeline(const std::vector<PassEntry>& pipeline, LoweredGraph& graph, const LowerInfo& info);

}  // namespace torch_tensorrt::core::lowering
