#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/ir/input_tree.h"
#include "torch_tensorrt/core/partitioning/probe.h"

// Several ranges of shapes for the inputs of a hybrid module: each of its engines gets a profile for each range.
namespace torch_tensorrt::core {

using BoundArguments = std::vector<ir::BoundArgument>;

// The same arguments with one range each, which contains all their ranges.
BoundArguments with_widest_ranges(BoundArguments arguments);

// The same arguments with one of their ranges, one entry for each range; none if each input has one range.
std::vector<BoundArguments> by_range(const BoundArguments& arguments);

// The probes of one graph, one for each of several ranges.
using RangeProbes = std::vector<std::unique_ptr<partitioning::GraphProbe>>;

// The specs of the values as inputs of an engine. `widest` has a probe of all ranges together.
std::vector<ir::Input> input_specs(const std::vector<torch::jit::Value*>& values,
                                   const partitioning::GraphProbe& widest, const RangeProbes& probes);

}  // namespace torch_tensorrt::core
