#pragma once

#include <memory>
#include <optional>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/compat/partitioning_ctx.h"
#include "torch_tensorrt/core/partitioning/probe.h"

namespace torch_tensorrt::core::partitioning {

// What the graph's values are for the examples of its inputs.
std::unique_ptr<GraphProbe> probe_of(const torch::jit::Graph& graph, const ExampleIValues& examples);

// The dtype and shape of a tensor of that graph. Unset if they are unknown, depend on data, or no engine takes them.
std::optional<ir::Input> fixed_tensor(const GraphProbe& probe, const torch::jit::Value* value);

}  // namespace torch_tensorrt::core::partitioning
