#include "torch_tensorrt/core/partitioning/roles.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "torch_tensorrt/core/lowering/behavior.h"
#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/lowering/passes/fresh_tensors.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/partitioning/graph_facts.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::partitioning {
namespace {

namespace prim = torch::jit::prim;
using torch::jit::Block;
using torch::jit::Node;
using torch::jit::Value;

// Makes a collection, or takes one apart.
bool is_structure(const Node* node) {
  static const std::set<c10::Symbol> kKinds = {prim::ListConstruct, prim::ListUnpack, prim::TupleConstruct,
                                               prim::TupleUnpack,   prim::TupleIndex, c10::Symbol::aten("__getitem__")};
  return kKinds.count(node->kind()) != 0;
}

bool gives_tensors(const Node* node) {
  const auto outputs = node->outputs();
  return std::any_of(outputs.begin(), outputs.end(), [](const Value* v) { return holds_tensors(v->type()); });
}

bool gives_view(const Node* node) { return lowering::passes::sharing(node) != lowering::passes::Sharing::kNone; }

bool is_known(const Value* value) {
  const auto* node = value->node();
  if (node->kind() == prim::Constant) return true;
  const auto inputs = node->inputs();
  return node->kind() == prim::ListConstruct && std::all_of(inputs.begin(), inputs.end(), is_known);
}

// Copies the node into the graph, with the constants that it takes.
Node* copy_alone(Node* node, torch::jit::Graph& graph) {
  std::unordered_map<Value*, Value*> copies;
  for (auto* input : node->inputs()) {
    if (copies.count(input) != 0) continue;
    copies[input] =
        is_known(input) ? copy_alone(input->node(), graph)->output() : graph.addInput()->setType(input->type());
  }
  return graph.insertNode(graph.createClone(node, [&](Value* value) { return copies.at(value); }));
}

// Whether the node can be converted after lowering: there are no converters for what lowering replaces.
Decision lowered_decision(Node* node, const PartitioningInfo& info) {
  auto graph = std::make_shared<torch::jit::Graph>();
  for (auto* output : copy_alone(node, *graph)->outputs()) graph->registerOutput(output);
  try {
    graph = lowering::LowerGraph(graph, {}, lowering::LowerInfo()).first;
  } catch (const Error& error) {
    return Decision::no(error.msg());
  }
  for (const auto* lowered : graph->nodes()) {
    if (lowered->kind() == prim::Constant) continue;
    const auto decision = decide_node(lowered, info);
    if (decision.executor == Executor::kTorch) return Decision::no(decision.explanation);
  }
  return Decision::yes();
}

bool is_inside_loop(const Value* value) {
  for (const auto* owner = value->node()->owningBlock()->owningNode(); owner != nullptr;
       owner = owner->owningBlock()->owningNode()) {
    if (owner->kind() == prim::Loop) return true;
  }
  return false;
}

std::string kind_of(const Node* node) { return node->kind().toQualString(); }

// The value as the user may know it.
std::string origin(const Value* value) {
  const auto* node = value->node();
  if (node->kind() == prim::GetAttr) return "the attribute " + node->s(c10::attr::name);
  const bool is_argument = node->kind() == prim::Param && node->owningBlock()->owningNode() == nullptr;
  if (is_argument) return "the argument " + value->debugNameBase();
  if (node->kind() == prim::Param) return "the value " + value->debugNameBase() + " of a loop";
  return "a result of " + kind_of(node);
}

}  // namespace

Roles::Roles(torch::jit::Graph& graph, const GraphProbe& probe, const torch::jit::AliasDb& aliases,
             const PartitioningInfo& info, size_t backends)
    : graph_(graph), probe_(probe), aliases_(aliases), info_(info), backends_(backends) {
  cast_nodes_ = lowering::passes::nodes_in_casting_blocks(graph.block());
  collect_layouts();
  decide_all();
}

void Roles::leave(const Reasons& nodes) {
  for (const auto& [node, reason] : nodes) left_[node] = reason;
  decide_all();
}

size_t Roles::backend_of(const Node* node) const {
  const auto found = declined_.find(node);
  return found == declined_.end() ? 0 : found->second;
}

void Roles::decline(const Reasons& nodes) {
  Reasons by_all;
  for (const auto& [node, reason] : nodes) {
    if (++declined_[node] == backends_) by_all[node] = reason;
  }
  if (!by_all.empty()) leave(by_all);
}

void Roles::decide_all() {
  decisions_.clear();
  changing_.clear();
  written_types_.clear();
  collect_written(graph_.block());
  decide_block(graph_.block());
}

// A list or dict that a loop hands on may be any of its type: alias analysis takes a loop's result for the body's
// result alone.
void Roles::collect_written(const Block* block) {
  for (const auto* node : block->nodes()) {
    for (const auto* value : written_values(node)) {
      if (is_tensor(value->type())) continue;
      const auto* owner = value->node()->owningBlock()->owningNode();
      const bool is_parameter = value->node()->kind() == prim::Param && owner != nullptr;
      if (value->node()->kind() == prim::Loop || is_parameter) written_types_.push_back(value->type());
    }
    for (const auto* inner : node->blocks()) collect_written(inner);
  }
}

bool Roles::gives_written_collection(const Node* node) const {
  const auto outputs = node->outputs();
  return std::any_of(outputs.begin(), outputs.end(), [&](const Value* output) {
    if (is_tensor(output->type()) || is_plain_number(output->type())) return false;
    return aliases_.hasWriters(output) ||
           std::any_of(written_types_.begin(), written_types_.end(),
                       [&](const c10::TypePtr& type) { return *type == *output->type(); });
  });
}

// Whether the result is a copy of the argument, or its memory, and another node writes one of them: a second copy would
// not have the write, and an engine always makes a copy.
bool Roles::gives_written_copy(const Node* node) const {
  using lowering::passes::Sharing;
  const Sharing sharing = lowering::passes::sharing(node);
  if (sharing != Sharing::kCast && sharing != Sharing::kPerhaps) return false;
  if (aliases_.hasWriters(node)) return true;
  for (const auto* input : node->inputs()) {
    if (input->node()->kind() == prim::ListConstruct && aliases_.hasInputWriters(input->node())) return true;
  }
  return false;
}

namespace {

// Whether the write may run after the node, perhaps in a later round of a loop.
bool may_follow(const Node* write, const Node* node) {
  if (write == node || !write->isBefore(node)) return true;
  for (const auto* owner = node->owningBlock()->owningNode(); owner; owner = owner->owningBlock()->owningNode()) {
    if (owner->kind() != prim::Loop) continue;
    for (const auto* other = write->owningBlock()->owningNode(); other; other = other->owningBlock()->owningNode()) {
      if (other == owner) return true;
    }
  }
  return false;
}

}  // namespace

// reshape() gives a view or a copy, as the strides of its argument allow. If that memory is written later, all that may
// decide about these strides must run in PyTorch.
void Roles::collect_layouts() {
  const auto nodes = lowering::passes::all_nodes(graph_.block());
  std::vector<std::pair<const Node*, std::set<const Value*>>> writes;
  for (const auto* node : nodes) {
    for (const auto* value : written_values(node)) {
      if (is_tensor(value->type())) writes.emplace_back(node, lowering::memory_of(value));
    }
  }
  if (writes.empty()) return;
  for (const auto* node : nodes) {
    if (lowering::passes::sharing(node) != lowering::passes::Sharing::kPerhaps) continue;
    const auto memory = lowering::memory_of(node->output());
    const bool is_written = std::any_of(writes.begin(), writes.end(), [&](const auto& write) {
      const auto is_shared = [&](const Value* root) { return write.second.count(root) != 0; };
      return may_follow(write.first, node) && std::any_of(memory.begin(), memory.end(), is_shared);
    });
    if (!is_written) continue;
    for (const auto* input : node->inputs()) add_layout(input);
  }
}

void Roles::add_layout(const Value* value) {
  if (!holds_tensors(value->type())) return;
  const auto* node = value->node();
  if (node->kind() == prim::Param) {
    const auto* owner = node->owningBlock()->owningNode();
    if (owner != nullptr && owner->kind() == prim::Loop && value->offset() > 0) {
      for (const auto* output : owner->outputs()) add_layout(output);
    }
    return;
  }
  const auto inputs = node->inputs();
  const bool takes_tensors =
      std::any_of(inputs.begin(), inputs.end(), [](const Value* v) { return holds_tensors(v->type()); });
  if (!takes_tensors && node->blocks().empty()) return;  // zeros() is contiguous, in an engine too
  if (!layout_decides_.insert(node).second) return;
  for (const auto* input : inputs) add_layout(input);
  for (const auto* inner : node->blocks()) {
    for (const auto* output : inner->outputs()) add_layout(output);
  }
}

void Roles::decide_block(Block* block) {
  for (auto* node : block->nodes()) {
    loops_ += node->kind() == prim::Loop ? 1 : 0;
    for (auto* inner : node->blocks()) decide_block(inner);
    loops_ -= node->kind() == prim::Loop ? 1 : 0;
    decisions_[node] = decide(node);
  }
}

Roles::Decided Roles::decide(Node* node) const {
  if (node->kind() == prim::Constant) return {Role::kShared, ""};
  if (const auto found = left_.find(node); found != left_.end()) return {Role::kTorch, found->second};
  if (cast_nodes_.count(node) != 0) {
    const bool computes = gives_tensors(node) && !is_structure(node) && node->kind() != prim::GetAttr;
    return {Role::kTorch, computes ? "it is in a block of torch.autocast" : ""};
  }
  if (node->kind() == prim::If) return {Role::kTorch, "its condition depends on the values or shapes of the inputs"};
  if (node->kind() == prim::Loop) return {Role::kTorch, "the number of its rounds is unknown, or too large"};
  if (!node->blocks().empty()) return {Role::kTorch, kind_of(node) + " has a body of its own"};
  static const std::set<c10::Symbol> kOfPyTorch = {prim::GetAttr, prim::SetAttr, prim::DictConstruct, prim::Print,
                                                   prim::Uninitialized};
  if (kOfPyTorch.count(node->kind()) != 0) return {Role::kTorch, ""};
  if (lowering::passes::is_fresh(node)) return {Role::kTorch, ""};
  if (has_effects(node)) {
    return {Role::kTorch, written_values(node).empty() ? kind_of(node) + " has an effect beside its result"
                                                       : "it writes memory that others may read"};
  }
  if (util::is_random(node)) return {Role::kTorch, "its result is random"};
  if (gives_written_collection(node)) return {Role::kTorch, ""};
  const auto forced = decide_node(node, info_);
  if (is_structure(node)) {
    const std::string obstacle = obstacle_of_inputs(node);
    return obstacle.empty() ? Decided{Role::kShared, ""} : Decided{Role::kTorch, ""};
  }
  if (forced.reason == TorchReason::kUnsupported) {
    if (node->kind().is_prim() && !gives_tensors(node)) return {Role::kTorch, ""};
    const Decision lowered = lowered_decision(node, info_);
    if (!lowered) return {Role::kTorch, lowered.reason()};
  } else if (forced.executor == Executor::kTorch) {
    return {Role::kTorch, forced.explanation};
  }
  if (!gives_tensors(node)) {
    const std::string obstacle = obstacle_of_inputs(node);
    if (obstacle.empty()) return {takes_float_of_torch(node) ? Role::kTorch : Role::kShared, ""};
    return {Role::kTorch, reads_elements(node) ? obstacle : ""};
  }
  std::string obstacle = obstacle_of_inputs(node);
  if (obstacle.empty()) obstacle = obstacle_of_results(node);
  if (!obstacle.empty()) return {Role::kTorch, obstacle};
  if (gives_written_copy(node)) return {Role::kTorch, "its result may be a copy that others write"};
  if (layout_decides_.count(node) != 0 && !gives_view(node)) {
    return {Role::kTorch, "the strides of its result decide whether others see a write, and an engine has its own"};
  }
  if (!gives_view(node)) return {Role::kEngine, ""};
  const auto inputs = node->inputs();
  const bool is_of_data =
      std::any_of(inputs.begin(), inputs.end(), [&](const Value* v) { return follows_from_data(v); });
  if (!is_of_data) return {Role::kShared, ""};
  return {Role::kTorch, "a size or a position that it takes is computed from the values of tensors"};
}

// Whether a number, or a list of numbers, is read from a tensor that an engine computes: there, no size may depend on
// it. An engine may read sizes from the integers that it is given.
bool Roles::follows_from_data(const Value* value) const {
  const auto* node = value->node();
  const auto decided = decisions_.find(node);
  if (holds_tensors(value->type()) || decided == decisions_.end() || decided->second.role == Role::kTorch) return false;
  const auto inputs = node->inputs();
  if (!reads_elements(node)) {
    return std::any_of(inputs.begin(), inputs.end(), [&](const Value* input) { return follows_from_data(input); });
  }
  const auto* tensor = inputs[0];
  if (!is_tensor(tensor->type())) return true;
  const auto maker = decisions_.find(tensor->node());
  const auto spec = probe_.input_spec(tensor);
  const bool is_given = maker == decisions_.end() || maker->second.role != Role::kEngine;
  return !is_given || !spec || !at::isIntegralType(spec->dtype, /*includeBool=*/false);
}

// Engines know ints that PyTorch computes before they run, so that these can be sizes, but not floats.
bool Roles::takes_float_of_torch(const Node* node) const {
  const auto inputs = node->inputs();
  return std::any_of(inputs.begin(), inputs.end(), [&](const Value* input) {
    if (input->type()->kind() != c10::TypeKind::FloatType) return false;
    const auto decided = decisions_.find(input->node());
    return decided == decisions_.end() || decided->second.role == Role::kTorch;
  });
}

// An engine prepares for each shape anew, which costs more than a round. Any int of PyTorch may be a size.
bool Roles::changes_each_round(const Value* value) const {
  if (loops_ == 0 || !is_inside_loop(value)) return false;
  if (const auto known = changing_.find(value); known != changing_.end()) return known->second;
  const auto* node = value->node();
  const auto inputs = node->inputs();
  const auto takes_changing = [&] {
    return std::any_of(inputs.begin(), inputs.end(), [this](const Value* v) { return changes_each_round(v); });
  };
  bool changes = false;
  if (is_tensor(value->type())) {
    const auto spec = probe_.input_spec(value);
    const auto is_endless = [](int64_t size) { return size >= kAnySize; };
    changes = spec && spec->input_is_dynamic &&
              (std::any_of(spec->max.d, spec->max.d + spec->max.nbDims, is_endless) || takes_changing());
  } else if (value->type()->kind() == c10::TypeKind::IntType) {
    const auto decided = decisions_.find(node);
    const bool of_torch = decided == decisions_.end() || decided->second.role == Role::kTorch;
    changes = !probe_.fixed_value(value) && (of_torch || takes_changing());
  } else if (!is_plain_number(value->type())) {
    changes = takes_changing();
  }
  return changing_[value] = changes;
}

std::string Roles::obstacle(const Value* value) const {
  const auto* node = value->node();
  const auto decided = decisions_.find(node);
  if (decided != decisions_.end() && decided->second.role != Role::kTorch) return "";
  if (is_plain_number(value->type())) return "";  // becomes a tensor
  if (!is_tensor(value->type())) {
    return "it takes " + origin(value) + ", whose type is " + value->type()->repr_str();
  }
  if (probe_.input_spec(value)) return "";
  if (probe_.find(value) == nullptr) return "it takes " + origin(value) + ", whose shape is unknown";
  return "it takes " + origin(value) + ", whose dtype, rank or size engines do not take";
}

std::string Roles::obstacle_of_inputs(const Node* node) const {
  for (const auto* input : node->inputs()) {
    std::string found = obstacle(input);
    if (found.empty() && changes_each_round(input))
      found = "it takes a size or a shape that changes with each round of a loop";
    if (!found.empty()) return found;
  }
  return "";
}

std::string Roles::obstacle_of_results(const Node* node) const {
  for (const auto* output : node->outputs()) {
    if (!is_tensor(output->type()) || !output->hasUses() || probe_.input_spec(output)) continue;
    return probe_.find(output) == nullptr ? "the shape of its result is unknown"
                                          : "engines do not have the dtype, or the size, of its result";
  }
  return "";
}

}  // namespace torch_tensorrt::core::partitioning
