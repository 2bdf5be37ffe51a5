#include "torch_tensorrt/core/compat/partitioning_ctx.h"

#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::partitioning {
namespace {

namespace prim = torch::jit::prim;
using torch::jit::Block;
using torch::jit::Node;

void collect(Block* block, PartitioningCtx& ctx) {
  if (block->owningNode() != nullptr && block->owningNode()->kind() == prim::Loop) return;
  ctx.original_blocks.push_back(block);
  for (auto* node : block->nodes()) {
    if (node->kind() == prim::Constant) continue;
    ctx.node_executor_decision_map[node] = kUNKNOWN;
    for (auto* inner : node->blocks()) collect(inner, ctx);
  }
}

NodeExecutorDecision decision_of(const PartitioningCtx& ctx, Node* node) {
  const auto found = ctx.node_executor_decision_map.find(node);
  return found == ctx.node_executor_decision_map.end() ? kUNKNOWN : found->second;
}

}  // namespace

PartitioningCtx::PartitioningCtx(Block* block, PartitioningInfo info)
    : settings(std::move(info)),
      forced_fallback_ops(settings.forced_fallback_operators.begin(), settings.forced_fallback_operators.end()) {
  collect(block, *this);
}

void PartitioningCtx::setNodeExecutorDecision(Node* node, NodeExecutorDecision decision) {
  LOG_DEBUG("partitioning: " << util::node_info(node) << ": " << decision << ", was " << decision_of(*this, node));
  node_executor_decision_map[node] = decision;
}

bool PartitioningCtx::shouldNodeRunInTorch(Node* node) const {
  const auto decision = decision_of(*this, node);
  return decision != kCONVERT && decision != kUNKNOWN;
}

bool PartitioningCtx::shouldNodeRunInTensorRT(Node* node) const { return decision_of(*this, node) == kCONVERT; }

std::vector<Node*> PartitioningCtx::getNodesRunInTorch() const {
  std::vector<Node*> nodes;
  for (auto* block : original_blocks) {
    for (auto* node : block->nodes()) {
      const auto found = node_executor_decision_map.find(node);
      if (found != node_executor_decision_map.end() && found->second != kCONVERT) nodes.push_back(node);
    }
  }
  return nodes;
}

std::ostream& operator<<(std::ostream& os, const NodeExecutorDecision& decision) {
  switch (decision) {
    case kUNSUPPORTED:
      return os << "PyTorch, because no engine can run it";
    case kOPERATOR_FALLBACK:
      return os << "PyTorch, because its operator is listed";
    case kMODULE_FALLBACK:
      return os << "PyTorch, because its module is listed";
    case kMIN_BLOCK_FALLBACK:
      return os << "PyTorch, because its engine would have fewer nodes than min_block_size";
    case kNON_TENSOR:
      return os << "PyTorch, because it shares a value that is no tensor with PyTorch";
    case kCONVERT:
      return os << "engine";
    case kUNKNOWN:
      return os << "not decided";
  }
  return os << "not decided";
}

std::ostream& operator<<(std::ostream& os, const PartitionedGraph& graph) {
  for (const auto& segment : graph) os << segment;
  return os;
}

std::ostream& operator<<(std::ostream& os, const PartitioningCtx& ctx) {
  os << ctx.settings << '\n';
  for (auto* block : ctx.original_blocks) {
    const auto found = ctx.partitioned_blocks.find(block);
    if (found != ctx.partitioned_blocks.end()) os << found->second;
  }
  return os;
}

}  // namespace torch_tensorrt::core::partitioning
