#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/lowering/lowering.h"

namespace torch_tensorrt::core::lowering {

// One line of the pipeline: a pass, and why it stands where it stands.
struct PassEntry {
  const char* name;
  std::function<void(LoweredGraph&, const LowerInfo&)> run;
  const char* reason;
};

// THE order.
std::vector<PassEntry> lowering_pipeline();
// Runs the entries in order, with the graph logged after each at debugging's graph level. A pass that fails is named in
// the Error.
void run_pipeline(const std::vector<PassEntry>& pipeline, LoweredGraph& graph, const LowerInfo& info);

}  // namespace torch_tensorrt::core::lowering
