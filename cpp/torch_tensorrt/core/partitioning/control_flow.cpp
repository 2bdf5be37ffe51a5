#include "torch_tensorrt/core/partitioning/control_flow.h"

#include <unordered_map>

namespace torch_tensorrt::core::partitioning {
namespace {

namespace prim = torch::jit::prim;
using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

using Copies = std::unordered_map<Value*, Value*>;

size_t count_nodes(const Block* block) {
  size_t count = 0;
  for (const auto* node : block->nodes()) {
    ++count;
    for (const auto* inner : node->blocks()) count += count_nodes(inner);
  }
  return count;
}

Value* copy_of(const Copies& copies, Value* value) {
  const auto found = copies.find(value);
  return found == copies.end() ? value : found->second;
}

// Copies the block's nodes before the place.
void copy_nodes(Block* block, Node* place, Copies& copies) {
  auto* graph = place->owningGraph();
  for (auto* node : block->nodes()) {
    auto* clone = graph->createClone(node, [&](Value* value) { return copy_of(copies, value); });
    clone->insertBefore(place);
    for (size_t i = 0; i < node->outputs().size(); ++i) copies[node->outputs()[i]] = clone->outputs()[i];
  }
}

void take_branch(Node* node, bool condition) {
  auto* branch = node->blocks()[condition ? 0 : 1];
  Copies copies;
  copy_nodes(branch, node, copies);
  for (size_t i = 0; i < node->outputs().size(); ++i) {
    node->outputs()[i]->replaceAllUsesWith(copy_of(copies, branch->outputs()[i]));
  }
  node->destroy();
}

void unroll(Node* node, int64_t rounds) {
  auto* body = node->blocks()[0];
  std::vector<Value*> carried(node->inputs().begin() + 2, node->inputs().end());
  for (int64_t round = 0; round < rounds; ++round) {
    Copies copies;
    const torch::jit::WithInsertPoint before(node);
    copies[body->inputs()[0]] = node->owningGraph()->insertConstant(round);
    for (size_t i = 0; i < carried.size(); ++i) copies[body->inputs()[i + 1]] = carried[i];
    copy_nodes(body, node, copies);
    for (size_t i = 0; i < carried.size(); ++i) carried[i] = copy_of(copies, body->outputs()[i + 1]);
  }
  for (size_t i = 0; i < carried.size(); ++i) node->outputs()[i]->replaceAllUsesWith(carried[i]);
  node->destroy();
}

// A size may be fixed although other sizes of its tensor change with each round of a loop.
bool replace_fixed_numbers(Node* node, const GraphProbe& probe) {
  if (node->kind() == prim::Constant || !node->blocks().empty()) return false;
  bool changed = false;
  for (auto* output : node->outputs()) {
    if (!output->hasUses() || output->type()->kind() != c10::TypeKind::IntType) continue;
    const auto value = probe.fixed_value(output);
    if (!value) continue;
    const torch::jit::WithInsertPoint behind(node->next());
    output->replaceAllUsesWith(node->owningGraph()->insertConstant(*value));
    changed = true;
  }
  return changed;
}

bool resolve(Block* block, const GraphProbe& probe);

bool resolve(Node* node, const GraphProbe& probe) {
  if (node->kind() == prim::If) {
    const auto condition = probe.fixed_value(node->input(0));
    if (condition && condition->isBool()) {
      take_branch(node, condition->toBool());
      return true;
    }
  }
  if (node->kind() == prim::Loop) {
    const auto rounds = probe.fixed_value(node->input(0));
    const auto starts = probe.fixed_value(node->input(1));
    const auto goes_on = probe.fixed_value(node->blocks()[0]->outputs()[0]);
    const bool is_known = rounds && starts && goes_on && goes_on->toBool();
    if (is_known) {
      const int64_t count = starts->toBool() ? std::max<int64_t>(rounds->toInt(), 0) : 0;
      const size_t size = count_nodes(node->blocks()[0]) + 1;
      if (static_cast<size_t>(count) <= kMostUnrolledNodes / size) {
        unroll(node, count);
        return true;
      }
    }
  }
  bool changed = replace_fixed_numbers(node, probe);
  for (auto* inner : node->blocks()) changed |= resolve(inner, probe);
  return changed;
}

bool resolve(Block* block, const GraphProbe& probe) {
  const std::vector<Node*> nodes(block->nodes().begin(), block->nodes().end());
  bool changed = false;
  for (auto* node : nodes) changed |= resolve(node, probe);
  return changed;
}

}  // namespace

bool resolve_control_flow(torch::jit::Graph& graph, const GraphProbe& probe) { return resolve(graph.block(), probe); }

}  // namespace torch_tensorrt::core::partitioning
