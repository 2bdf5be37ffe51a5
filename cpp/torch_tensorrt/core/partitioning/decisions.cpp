#include "torch_tensorrt/core/partitioning/decisions.h"

#include <algorithm>

#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::partitioning {
namespace {

// Lowering sets this attribute on nodes. The attribute's name is part of the graph's format, as operator names are.
const auto kToCompile = c10::Symbol::attr("to_compile");

bool comes_from_forced_module(const torch::jit::Node* n) {
  return n->hasAttribute(kToCompile) && n->i(kToCompile) == 0;
}

bool is_forced_operator(const torch::jit::Node* n, const std::vector<std::string>& operators) {
  return std::find(operators.begin(), operators.end(), n->kind().toQualString()) != operators.end();
}

NodeDecision torch_node(const torch::jit::Node* n, TorchReason reason, std::string explanation) {
  return {n, Executor::kTorch, reason, std::move(explanation)};
}

void append_decisions(const torch::jit::Block* block, const PartitioningInfo& info,
                      std::vector<NodeDecision>& decisions) {
  for (const auto* n : block->nodes()) {
    if (n->kind() == c10::prim::Constant) continue;
    decisions.push_back(decide_node(n, info));
    LOG_DEBUG("partitioning: " << util::node_info(n) << ": "
                               << (decisions.back().executor == Executor::kEngine
                                       ? std::string("engine")
                                       : "torch, " + decisions.back().explanation));
    for (const auto* inner : n->blocks()) append_decisions(inner, info, decisions);
  }
}

void print_list(std::ostream& os, const char* name, const std::vector<std::string>& list) {
  os << "\n  " << name << ':';
  for (const auto& entry : list) os << ' ' << entry;
}

}  // namespace

std::ostream& operator<<(std::ostream& os, const PartitioningInfo& info) {
  os << "Partitioning: " << (info.enabled ? "enabled" : "disabled");
  if (!info.enabled) return os;
  os << "\n  min_block_size: " << info.min_block_size;
  print_list(os, "operators for PyTorch", info.forced_fallback_operators);
  print_list(os, "modules for PyTorch", info.forced_fallback_modules);
  return os;
}

// The user's lists take precedence over support.
NodeDecision decide_node(const torch::jit::Node* n, const PartitioningInfo& info) {
  if (is_forced_operator(n, info.forced_fallback_operators)) {
    return torch_node(n, TorchReason::kForcedOperator,
                      str(n->kind().toQualString(), " is listed in torch_executed_ops"));
  }
  if (comes_from_forced_module(n)) {
    return torch_node(n, TorchReason::kForcedModule, "its module is listed in torch_executed_modules");
  }
  const Decision supported = conversion::node_decision(n);
  if (!supported) return torch_node(n, TorchReason::kUnsupported, supported.reason());
  return {n, Executor::kEngine, TorchReason::kNone, {}};
}

std::vector<NodeDecision> decide_nodes(const torch::jit::Block* block, const PartitioningInfo& info) {
  std::vector<NodeDecision> decisions;
  append_decisions(block, info, decisions);
  return decisions;
}

}  // namespace torch_tensorrt::core::partitioning
