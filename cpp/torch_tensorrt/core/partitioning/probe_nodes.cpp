#include "torch_tensorrt/core/partitioning/probe.h"

#include <algorithm>
#include <set>

#include "ATen/ATen.h"
#include "torch/csrc/jit/ir/constants.h"

#include "torch_tensorrt/core/lowering/passes/fresh_tensors.h"
#include "torch_tensorrt/core/partitioning/graph_facts.h"
#include "torch_tensorrt/core/partitioning/probe_facts.h"

// The walk of the probe over the nodes of a graph.
namespace torch_tensorrt::core::partitioning {
namespace {

namespace prim = torch::jit::prim;
using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

// Models add such constants to sizes, so the probe knows their values wherever they lie.
bool is_one_number(const c10::IValue& value) {
  if (!value.isTensor()) return false;
  const auto& tensor = value.toTensor();
  return tensor.defined() && !tensor.is_meta() && tensor.numel() == 1;
}

bool branch_raises(const Block* block) {
  const auto nodes = block->nodes();
  return std::any_of(nodes.begin(), nodes.end(), [](const Node* n) { return n->kind() == prim::RaiseException; });
}

void collect_written_collections(const Block* block, std::set<const Value*>& found) {
  for (const auto* node : block->nodes()) {
    for (const auto* value : written_values(node)) {
      if (!value->type()->isSubtypeOf(*c10::TensorType::get())) found.insert(value);
    }
    for (const auto* inner : node->blocks()) collect_written_collections(inner, found);
  }
}

}  // namespace

void GraphProbe::visit(const Block* block, bool always) {
  for (const auto* node : block->nodes()) {
    const bool is_cast = cast_nodes_.count(node) != 0;
    visit(node, always && !is_cast);
    if (!is_cast || node->kind() == prim::Constant) continue;
    for (const auto* output : node->outputs()) {  // of unknown dtype
      if (holds_tensors(output->type())) probes_[output] = unknown();
    }
  }
}

void GraphProbe::visit(const Node* node, bool always) {
  if (node->kind() == prim::If) return visit_if(node, always);
  if (node->kind() == prim::Loop) return visit_loop(node);
  if (node->kind() == prim::GetAttr) return visit_attribute(node);
  if (node->kind() == prim::SetAttr) return set_attribute(node);
  if (node->kind() == prim::Constant) {
    const auto value = torch::jit::toIValue(node->output());
    probes_[node->output()] = !value                  ? unknown()
                              : is_one_number(*value) ? known(value->toTensor().cpu())
                                                      : known(to_meta(*value));
    return;
  }
  if (lowering::passes::is_fresh(node)) {
    probes_[node->output()] = probes_[node->input(0)];
    return;
  }
  for (const auto* inner : node->blocks()) visit(inner, false);
  run(node, always);
}

void GraphProbe::visit_if(const Node* node, bool always) {
  const auto condition = usual_value(node->input(0));
  const bool is_usual = is_assumed(node->input(0));
  std::set<const Value*> written;
  if (!condition || is_usual) {
    for (const auto* block : node->blocks()) collect_written_collections(block, written);
    for (const auto* value : written) probes_[value] = unknown();
  }
  for (size_t i = 0; i < 2; ++i) {
    const bool is_known = condition && !is_usual;
    const bool is_taken = is_known && condition->toBool() == (i == 0);
    // A branch that is never taken must not append to a list that the probe knows.
    if (is_taken || !is_known) visit(node->blocks()[i], always && is_taken);
  }
  const auto* yes = node->blocks()[0];
  const auto* no = node->blocks()[1];
  const auto get = [&](const Value* value) {
    const auto found = probes_.find(value);
    return found == probes_.end() ? unknown() : found->second;
  };
  for (size_t i = 0; i < node->outputs().size(); ++i) {
    const Probe a = get(yes->outputs()[i]);
    const Probe b = get(no->outputs()[i]);
    Probe& result = probes_[node->outputs()[i]];
    if (condition) {
      result = condition->toBool() ? a : b;
      result.is_assumed = result.is_assumed || is_usual;
    } else if (branch_raises(no)) {
      result = a;
    } else if (branch_raises(yes)) {
      result = b;
    } else {
      result = join(a, b, /*grows=*/false);
      if (!holds_tensors(node->outputs()[i]->type())) result.varies = true;
    }
  }
}

// Repeats the body with what holds before any round, until that no longer changes.
void GraphProbe::visit_loop(const Node* node) {
  const auto* body = node->blocks()[0];
  const auto carried = node->inputs().slice(2);
  const auto get = [&](const Value* value) {
    const auto found = probes_.find(value);
    return found == probes_.end() ? unknown() : found->second;
  };
  std::set<const Value*> written;
  collect_written_collections(body, written);
  for (const auto* value : written) probes_[value] = unknown();
  std::vector<Probe> start;
  for (const auto* value : carried) start.push_back(get(value));
  for (int round = 0; round < kMostRounds; ++round) {
    probes_[body->inputs()[0]] = any_number(c10::IntType::get());
    for (size_t i = 0; i < start.size(); ++i) probes_[body->inputs()[i + 1]] = start[i];
    visit(body, /*always=*/false);
    bool changed = false;
    for (size_t i = 0; i < start.size(); ++i) {
      Probe joined = join(start[i], get(body->outputs()[i + 1]), /*grows=*/true);
      if (!holds_tensors(carried[i]->type())) joined.varies = true;
      changed = changed || has_changed(start[i], joined);
      start[i] = std::move(joined);
    }
    if (!changed && round > 0) break;
  }
  for (size_t i = 0; i < start.size(); ++i) probes_[node->outputs()[i]] = start[i];
}

}  // namespace torch_tensorrt::core::partitioning
