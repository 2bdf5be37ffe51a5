#pragma once

#include <string>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/conversion/conversion.h"
#include "torch_tensorrt/core/partitioning/partitioning_info.h"

// Which nodes of a lowered graph an engine computes, and which are left to PyTorch.
namespace torch_tensorrt::core::partitioning {

enum class Executor { kEngine, kTorch };

// Why a node is left to PyTorch.
enum class TorchReason {
  kNone,            // it is not
  kUnsupported,     // nothing converts it
  kForcedOperator,  // its operator is listed
  kForcedModule,    // it comes from a module that is listed
};

struct NodeDecision {
  const torch::jit::Node* node = nullptr;
  Executor executor = Executor::kEngine;
  TorchReason reason = TorchReason::kNone;
  std::string explanation;  // empty for an engine's
};

// One entry a node of the block and of the blocks inside, in order, without constants. The question of support is the
// registry's: what is said here to be an engine's is what conversion takes.
std::vector<NodeDecision> decide_nodes(const torch::jit::Block* block, const PartitioningInfo& info);

// Whether a whole block can be one engine.
struct SupportReport {
  bool convertible = true;
  std::vector<conversion::UnsupportedOp> unsupported;  // one entry an operator
};
SupportReport check_support(const torch::jit::Block* block);

}  // namespace torch_tensorrt::core::partitioning
