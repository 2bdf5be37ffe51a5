#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/conversion/conversion.h"

// Decides for each node of a lowered graph whether an engine computes it or PyTorch does.
namespace torch_tensorrt::core::partitioning {

// Controls which operations may be left to PyTorch.
struct PartitioningInfo {
  bool enabled = false;  // false: everything must go into one engine
  uint64_t min_block_size = 3;
  std::vector<std::string> forced_fallback_operators;
  std::vector<std::string> forced_fallback_modules;
};

enum class Executor { kEngine, kTorch };

// Why a node is left to PyTorch.
enum class TorchReason {
  kNone,            // it is not left to PyTorch
  kUnsupported,     // no converter or evaluator
  kForcedOperator,  // the user listed its operator
  kForcedModule,    // it comes from a module that the user listed
};

struct NodeDecision {
  const torch::jit::Node* node = nullptr;
  Executor executor = Executor::kEngine;
  TorchReason reason = TorchReason::kNone;
  std::string explanation;  // empty if an engine computes the node
};

// The decision about one node.
NodeDecision decide_node(const torch::jit::Node* node, const PartitioningInfo& info);
// One entry per node of the block and its inner blocks, in order, without constants. Asks the converter registry for
// support, so every node assigned to an engine here is accepted by conversion.
std::vector<NodeDecision> decide_nodes(const torch::jit::Block* block, const PartitioningInfo& info);

}  // namespace torch_tensorrt::core::partitioning
