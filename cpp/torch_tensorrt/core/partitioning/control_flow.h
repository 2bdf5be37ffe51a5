#pragma once

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/partitioning/probe.h"

namespace torch_tensorrt::core::partitioning {

// A loop is unrolled if that makes at most this many nodes.
constexpr size_t kMostUnrolledNodes = 4000;

// Replaces an If whose condition is always the same by its branch, unrolls loops whose number of rounds is known, and
// replaces integers that are always the same by constants.
// Returns whether it changed the graph; the probe is of no use then.
bool resolve_control_flow(torch::jit::Graph& graph, const GraphProbe& probe);

}  // namespace torch_tensorrt::core::partitioning
