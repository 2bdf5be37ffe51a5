#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/build_settings.h"
#include "torch_tensorrt/core/conversion/conversion.h"
#include "torch_tensorrt/core/ir/inputs.h"

// Decides for each node of a lowered graph whether an engine computes it or PyTorch does.
namespace torch_tensorrt::core::partitioning {

// Controls which operations may be left to PyTorch.
struct PartitioningInfo {
  bool enabled = false;         // false: everything must go into one engine
  uint64_t min_block_size = 1;  // the public API sets its own default
  std::vector<std::string> forced_fallback_operators;
  std::vector<std::string> forced_fallback_modules;

  // Only programs that partition graphs themselves (core/compat) set these.
  ir::CollectionInputSpecMap collection_input_spec_map;
  engine::DeviceTarget target_device;
  bool truncate_long_and_double = false;  // no effect: engines take int64 and double themselves
  bool cast_int8_inputs = false;          // no effect: engines take int8 and uint8 themselves
  std::string getGPUDeviceString() const { return "cuda:" + std::to_string(target_device.gpu_id); }
};

std::ostream& operator<<(std::ostream& os, const PartitioningInfo& info);

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
