#pragma once

#include <functional>
#include <vector>

#include "torch/csrc/jit/ir/alias_analysis.h"
#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/partitioning/roles.h"

namespace torch_tensorrt::core::partitioning {

// Nodes of one block that one engine computes.
struct Segment {
  size_t backend = 0;                      // Roles::backend_of, the same for all nodes
  std::vector<torch::jit::Node*> nodes;    // of the role kEngine, in order
  std::vector<torch::jit::Value*> inputs;  // tensors and numbers; the engine takes a number as a tensor without axes
  std::vector<torch::jit::Value*> outputs;
};

struct Grouping {
  std::vector<Segment> segments;
  std::vector<torch::jit::Node*> order;  // the nodes of all blocks but constants, those of a segment together
};

// Groups the engine nodes of the graph's blocks into segments, as few as the dependencies allow. In the new order, a
// node keeps its place relative to nodes that write what it reads, or read what it writes; nodes with effects keep
// their order. Changes nothing.
Grouping group_nodes(torch::jit::Graph& graph, const Roles& roles, const torch::jit::AliasDb& aliases);

// Which of several segments takes a node that may be in each: the one that makes what it reads, which leads to the
// fewest segments, or the last one, which follows the order of the nodes.
enum class Join { kFeeding, kLast };

// As above, for the nodes of one block alone. `role_of` knows all nodes but constants.
Grouping group_block(torch::jit::Block* block, const std::function<Role(const torch::jit::Node*)>& role_of,
                     const torch::jit::AliasDb& aliases, Join join);

// Moves the nodes into the new order. A segment's nodes may then stand before shared nodes that they use: replace them
// by a call of their engine.
void arrange(const Grouping& grouping);

// A graph of the first `count` nodes of the segment, and of the shared nodes that they need. Sets the segment's inputs
// and outputs, the values of the outer graph that belong to the new graph's.
std::shared_ptr<torch::jit::Graph> outline(Segment& segment, size_t count, const Roles& roles);

}  // namespace torch_tensorrt::core::partitioning
