#include "torch_tensorrt/core/compat/partitioning.h"

#include <algorithm>
#include <set>

#include "torch/csrc/jit/ir/alias_analysis.h"
#include "torch/csrc/jit/passes/dead_code_elimination.h"

#include "torch_tensorrt/core/compat/shape_analysis.h"
#include "torch_tensorrt/core/conversion/evaluators/evaluators.h"
#include "torch_tensorrt/core/partitioning/graph_facts.h"
#include "torch_tensorrt/core/partitioning/segments.h"
#include "torch_tensorrt/core/util/jit_value_map.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::partitioning {

const std::unordered_set<c10::Symbol> CollectionNodeKinds = {
    torch::jit::prim::Constant,      torch::jit::prim::ListConstruct,  torch::jit::prim::ListUnpack,
    torch::jit::prim::TupleIndex,    torch::jit::prim::TupleConstruct, torch::jit::prim::TupleUnpack,
    c10::Symbol::aten("__getitem__")};

namespace {

namespace prim = torch::jit::prim;
using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

std::shared_ptr<torch::jit::Graph> graph_of(Block* block) { return block->owningGraph()->shared_from_this(); }

bool is_constant(const Value* value) { return value->node()->kind() == prim::Constant; }

// Conversion computes such a loop, whose body only computes numbers.
bool is_evaluated(const Node* loop) {
  const auto nodes = loop->blocks()[0]->nodes();
  return std::all_of(nodes.begin(), nodes.end(), [](const Node* node) {
    return node->kind() == prim::Loop ? is_evaluated(node) : conversion::evaluators::shouldEvalAtConversionTime(node);
  });
}

// Decides who runs the nodes of one block. Values between an engine and PyTorch must be tensors.
class BlockDecisions {
 public:
  BlockDecisions(PartitioningCtx& ctx, Block* block)
      : ctx_(ctx), block_(block), graph_(graph_of(block)), aliases_(graph_), info_(ctx.settings) {
    info_.forced_fallback_operators.assign(ctx.forced_fallback_ops.begin(), ctx.forced_fallback_ops.end());
    if (!ctx.opt_input_ivalues_map.empty()) probe_ = probe_of(*graph_, ctx.opt_input_ivalues_map);
  }

  Grouping run() {
    for (auto* node : block_->nodes()) {
      if (node->kind() != prim::Constant) ctx_.setNodeExecutorDecision(node, first_decision(node));
    }
    for (;;) {
      leave_numbers();
      auto grouping = group_block(
          block_, [this](const Node* node) { return role_of(node); }, aliases_, Join::kLast);
      if (!leave_small(grouping)) return grouping;
    }
  }

 private:
  Role role_of(const Node* node) const {
    return ctx_.shouldNodeRunInTensorRT(const_cast<Node*>(node)) ? Role::kEngine : Role::kTorch;
  }

  NodeExecutorDecision first_decision(Node* node) const {
    const auto before = ctx_.node_executor_decision_map.find(node);
    if (before != ctx_.node_executor_decision_map.end() && before->second <= kMODULE_FALLBACK) return before->second;
    const auto decision = decide_node(node, info_);
    switch (decision.reason) {
      case TorchReason::kForcedOperator:
        return kOPERATOR_FALLBACK;
      case TorchReason::kForcedModule:
        return kMODULE_FALLBACK;
      case TorchReason::kUnsupported:
        return kUNSUPPORTED;
      case TorchReason::kNone:
        break;
    }
    const bool is_computed = node->blocks().empty() || (node->kind() == prim::Loop && is_evaluated(node));
    return is_computed && !has_effects(node) && !is_written(node) && has_known_shapes(node) ? kCONVERT : kUNSUPPORTED;
  }

  // Whether another node writes a result.
  bool is_written(const Node* node) const {
    const auto outputs = node->outputs();
    return std::any_of(outputs.begin(), outputs.end(), [&](const Value* v) { return aliases_.hasWriters(v); });
  }

  bool has_known_shapes(Node* node) const {
    if (probe_ == nullptr) return true;
    const auto is_known = [this](const Value* v) { return !is_tensor(v->type()) || fixed_tensor(*probe_, v); };
    const auto reads = values_read(node);
    const auto outputs = node->outputs();
    return std::all_of(reads.begin(), reads.end(), is_known) && std::all_of(outputs.begin(), outputs.end(), is_known);
  }

  // The node of this block that is, or contains, the user; null if there is none.
  Node* user_here(const torch::jit::Use& use) const {
    auto* node = use.user;
    while (node != nullptr && node->owningBlock() != block_) node = node->owningBlock()->owningNode();
    return node;
  }

  bool leave(Node* node) {
    if (node->owningBlock() != block_ || !ctx_.shouldNodeRunInTensorRT(node)) return false;
    ctx_.setNodeExecutorDecision(node, kNON_TENSOR);
    return true;
  }

  // Whether the block gives the value to its surroundings, or takes it from there.
  bool crosses_block(const Value* value) const {
    const auto outputs = block_->outputs();
    return value->node()->owningBlock() != block_ || value->node()->kind() == prim::Param ||
           std::find(outputs.begin(), outputs.end(), value) != outputs.end();
  }

  bool leave_ends(Value* value, bool user_is_torch) {
    if (is_tensor(value->type()) || is_constant(value)) return false;
    bool changed = false;
    const bool of_torch = crosses_block(value) || user_is_torch || ctx_.shouldNodeRunInTorch(value->node());
    if (!of_torch) return false;
    changed |= leave(value->node());
    for (const auto& use : value->uses()) {
      if (auto* user = user_here(use)) changed |= leave(user);
    }
    return changed;
  }

  // Who makes or takes a number, a list or the like of PyTorch's is PyTorch's too.
  void leave_numbers() {
    for (bool changed = true; changed;) {
      changed = false;
      for (auto* node : block_->nodes()) {
        if (node->kind() == prim::Constant) continue;
        for (auto* value : values_read(node)) changed |= leave_ends(value, ctx_.shouldNodeRunInTorch(node));
        for (auto* value : node->outputs()) changed |= leave_ends(value, /*user_is_torch=*/false);
      }
    }
  }

  bool leave_small(const Grouping& grouping) {
    bool changed = false;
    for (const auto& segment : grouping.segments) {
      if (segment.nodes.size() >= ctx_.settings.min_block_size) continue;
      changed = true;
      for (auto* node : segment.nodes) ctx_.setNodeExecutorDecision(node, kMIN_BLOCK_FALLBACK);
    }
    return changed;
  }

  PartitioningCtx& ctx_;
  Block* block_;
  std::shared_ptr<torch::jit::Graph> graph_;
  torch::jit::AliasDb aliases_;
  PartitioningInfo info_;
  std::unique_ptr<GraphProbe> probe_;
};

// The nodes of the engines' segments stand together in the order; those of PyTorch between them are a segment.
PartitionedGraph segments_of(const Grouping& grouping) {
  std::unordered_map<const Node*, const Segment*> engines;
  for (const auto& segment : grouping.segments) engines[segment.nodes.front()] = &segment;
  PartitionedGraph found;
  std::vector<Node*> of_torch;
  const auto add = [&](SegmentedBlock::SegmentedBlockTarget target, const std::vector<Node*>& nodes) {
    if (!nodes.empty()) found.emplace_back(found.size(), target, nodes);
  };
  const auto add_torch = [&] {
    add(SegmentedBlock::kTorch, of_torch);
    of_torch.clear();
  };
  for (size_t i = 0; i < grouping.order.size(); ++i) {
    auto* node = grouping.order[i];
    const auto engine = engines.find(node);
    if (engine != engines.end()) {
      add_torch();
      add(SegmentedBlock::kTensorRT, engine->second->nodes);
      i += engine->second->nodes.size() - 1;
    } else if (node->kind() == prim::If) {
      add_torch();
      add(SegmentedBlock::kTorch, {node});
      found.back().do_not_merge(true);
    } else {
      of_torch.push_back(node);
    }
  }
  add_torch();
  return found;
}

// Adds the nodes behind a value that is no tensor, those that it needs first.
void add_numbers(Value* value, std::set<Node*>& known, std::vector<Node*>& nodes) {
  if (is_tensor(value->type()) || is_constant(value) || !known.insert(value->node()).second) return;
  for (auto* input : values_read(value->node())) add_numbers(input, known, nodes);
  nodes.push_back(value->node());
}

void repeat_numbers(SegmentedBlock& segment) {
  std::set<Node*> known(segment.raw_nodes().begin(), segment.raw_nodes().end());
  std::vector<Node*> nodes;
  for (auto* input : segment.raw_inputs()) add_numbers(input, known, nodes);
  if (nodes.empty()) return;
  nodes.insert(nodes.end(), segment.raw_nodes().begin(), segment.raw_nodes().end());
  segment = SegmentedBlock(segment.get_id(), segment.target(), nodes);
}

// Gives each segment the values that others use as outputs. Drops segments without a use.
void register_outputs(PartitionedGraph& segments, Block& block) {
  std::set<Value*, util::FirstMade> used;
  used.insert(block.outputs().begin(), block.outputs().end());
  for (const auto& segment : segments) used.insert(segment.raw_inputs().begin(), segment.raw_inputs().end());
  for (auto& segment : segments) {
    const bool in_engine = segment.target() == SegmentedBlock::kTensorRT;
    for (auto* value : used) {
      const auto& inputs = segment.raw_inputs();
      const bool is_input = std::find(inputs.begin(), inputs.end(), value) != inputs.end();
      if (is_input || is_constant(value) || !segment.contain_raw_value(value)) continue;
      if (is_tensor(value->type()) || !in_engine) segment.registerOutput(value);
    }
    if (in_engine) torch::jit::EliminateDeadCode(segment.g());
  }
  const auto is_dead = [](const SegmentedBlock& segment) {
    const auto& nodes = segment.raw_nodes();
    return segment.raw_outputs().empty() && std::none_of(nodes.begin(), nodes.end(), has_effects);
  };
  segments.erase(std::remove_if(segments.begin(), segments.end(), is_dead), segments.end());
}

}  // namespace

void segmentGraph(PartitioningCtx* ctx, Block* block) {
  ctx->partitioned_blocks[block] = segments_of(BlockDecisions(*ctx, block).run());
}

void partition(PartitioningCtx* ctx, bool expect_full_compilation) {
  if (expect_full_compilation) ctx->settings.min_block_size = 1;
  LOG_DEBUG(ctx->settings);
  for (auto* block : ctx->original_blocks) {
    segmentGraph(ctx, block);
    auto& segments = ctx->partitioned_blocks.at(block);
    for (auto& segment : segments) {
      if (segment.target() == SegmentedBlock::kTensorRT) repeat_numbers(segment);
    }
    register_outputs(segments, *block);
    using ir::ShapeMode;
    const std::pair<ExampleIValues*, ShapeMode> examples[] = {{&ctx->min_input_ivalues_map, ShapeMode::kMIN},
                                                              {&ctx->opt_input_ivalues_map, ShapeMode::kOPT},
                                                              {&ctx->max_input_ivalues_map, ShapeMode::kMAX}};
    for (const auto& [values, mode] : examples) {
      if (!values->empty()) runShapeAnalysis(ctx, block, *values, mode);
    }
  }
}

}  // namespace torch_tensorrt::core::partitioning
