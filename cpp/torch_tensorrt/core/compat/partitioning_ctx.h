#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/compat/ir.h"
#include "torch_tensorrt/core/compat/segmented_block.h"
#include "torch_tensorrt/core/partitioning/decisions.h"

namespace torch_tensorrt::core::partitioning {

// Who runs a node, and why.
enum NodeExecutorDecision {
  kUNSUPPORTED,         // PyTorch: no engine can run it
  kOPERATOR_FALLBACK,   // PyTorch: the user listed its operator
  kMODULE_FALLBACK,     // PyTorch: it comes from a module that the user listed
  kMIN_BLOCK_FALLBACK,  // PyTorch: its engine would have fewer nodes than min_block_size
  kNON_TENSOR,          // PyTorch: it gives PyTorch, or takes from PyTorch, a value that is no tensor
  kCONVERT,             // an engine
  kUNKNOWN,             // not decided yet
};

std::ostream& operator<<(std::ostream& os, const NodeExecutorDecision& decision);

using NodeExecutorDecisionMap = std::unordered_map<torch::jit::Node*, NodeExecutorDecision>;
using PartitionedGraph = std::vector<SegmentedBlock>;
using ExampleIValues = std::unordered_map<const torch::jit::Value*, torch::jit::IValue>;

std::ostream& operator<<(std::ostream& os, const PartitionedGraph& graph);

// The segments that make a value and use it, by their ids.
struct UsageInfo {
  size_t produce_id = 0;
  std::vector<size_t> torch_use_id;
  std::vector<size_t> tensorrt_use_id;
};

// The state of one partitioning: the decisions about the nodes of a block and of the blocks inside, bodies of loops
// excepted, and the segments of each block.
struct PartitioningCtx {
  PartitioningCtx(torch::jit::Block* block, PartitioningInfo info);

  void setNodeExecutorDecision(torch::jit::Node* node, NodeExecutorDecision decision);
  // A node that is not decided yet runs in neither.
  bool shouldNodeRunInTorch(torch::jit::Node* node) const;
  bool shouldNodeRunInTensorRT(torch::jit::Node* node) const;
  // The nodes that no engine runs, in order.
  std::vector<torch::jit::Node*> getNodesRunInTorch() const;

  PartitioningInfo settings;
  // Examples of the graph's inputs with their smallest, usual and largest shapes.
  ExampleIValues min_input_ivalues_map;
  ExampleIValues opt_input_ivalues_map;
  ExampleIValues max_input_ivalues_map;
  std::vector<torch::jit::Block*> original_blocks;  // the outer ones first
  NodeExecutorDecisionMap node_executor_decision_map;
  std::unordered_map<torch::jit::Block*, PartitionedGraph> partitioned_blocks;
  std::unordered_set<std::string> forced_fallback_ops;
  ir::CollectionTypeMap input_types_map;
};

std::ostream& operator<<(std::ostream& os, const PartitioningCtx& ctx);

}  // namespace torch_tensorrt::core::partitioning
