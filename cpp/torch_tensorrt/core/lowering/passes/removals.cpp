#include <algorithm>
#include <set>

#include "torch/csrc/jit/passes/dead_code_elimination.h"

#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/util/jit_util.h"
#include "torch_tensorrt/core/util/macros.h"

// Passes that remove what an engine does not need.
namespace torch_tensorrt::core::lowering::passes {
namespace {

namespace prim = torch::jit::prim;
using torch::jit::Node;
using torch::jit::Value;

std::string class_of(const Node* node) {
  const auto type = node->output()->type()->cast<c10::ClassType>();
  return type != nullptr && type->name() ? type->name()->name() : std::string();
}

bool sets(const Node* node, const char* name) {
  return node->kind() == prim::SetAttr && node->s(torch::jit::attr::name) == name;
}

// Whether the torch.autocast object casts nothing. The flag is set when the object is made.
bool is_disabled(const Node* node) {
  for (const auto& use : node->output()->uses()) {
    if (sets(use.user, "_enabled") && use.offset == 0) return constant_bool(use.user->input(1)) == false;
  }
  return false;
}

bool is_mode(const Node* node) {
  if (node->kind() != prim::CreateObject) return false;
  const std::string name = class_of(node);
  if (name != "autocast") return name == "no_grad";
  TORCHTRT_CHECK(
      is_disabled(node), util::node_info(node)
                             << ": a block of torch.autocast is not compiled; write the casts as x.to(dtype), "
                                "or convert the module itself (module.half(), module.bfloat16())");
  return true;
}

// Whether the object is only made, entered and left, so that no node needs it.
bool is_only_entered(const Node* node) {
  for (const auto& use : node->output()->uses()) {
    const auto kind = use.user->kind();
    const bool of_block = kind == prim::Enter || kind == prim::Exit || (kind == prim::SetAttr && use.offset == 0);
    if (!of_block || (kind != prim::SetAttr && use.user->hasUses())) return false;
  }
  return true;
}

// Also removes get_autocast_dtype, because dead code elimination keeps this operator.
void remove(Node* mode) {
  static const auto kAsks = c10::Symbol::aten("get_autocast_dtype");
  while (mode->output()->hasUses()) {
    Node* user = mode->output()->uses().front().user;
    Node* asks = user->kind() == prim::SetAttr ? user->input(1)->node() : nullptr;
    user->destroy();
    if (asks != nullptr && asks->kind() == kAsks && !asks->hasUses()) asks->destroy();
  }
  mode->destroy();
}

bool is_of_block(const Node* node) { return node->kind() == prim::Enter || node->kind() == prim::Exit; }

void collect_cast_nodes(const torch::jit::Block* block, bool outer, std::unordered_set<const Node*>& found) {
  std::vector<const Value*> entered;
  for (const Node* node : block->nodes()) {
    const bool is_inside = outer || !entered.empty();
    if (is_inside) found.insert(node);
    for (const auto* inner : node->blocks()) collect_cast_nodes(inner, is_inside, found);
    if (!casts_in_block(node)) continue;
    if (node->kind() == prim::Enter) {
      entered.push_back(node->input(0));
    } else if (!entered.empty()) {
      entered.pop_back();
    }
  }
}

}  // namespace

bool asks_for_mode(const Node* node) {
  static const std::set<std::string> kKinds = {"aten::is_autocast_enabled", "aten::is_autocast_cpu_enabled",
                                               "aten::is_grad_enabled"};
  return kKinds.count(node->kind().toQualString()) != 0;
}

bool casts_in_block(const Node* node) {
  if (!is_of_block(node)) return false;
  const auto* mode = node->input(0)->node();
  return mode->kind() != prim::CreateObject ||
         (class_of(mode) == "autocast" ? !is_disabled(mode) : class_of(mode) != "no_grad");
}

std::unordered_set<const Node*> nodes_in_casting_blocks(const torch::jit::Block* block) {
  std::unordered_set<const Node*> found;
  collect_cast_nodes(block, false, found);
  return found;
}

// with torch.no_grad(): y = f(x) -> y = f(x)
bool remove_gradient_modes(const GraphPtr& graph) {
  std::vector<Node*> modes;
  for (Node* node : all_nodes(graph->block())) {
    if (is_mode(node) && is_only_entered(node)) modes.push_back(node);
  }
  for (Node* mode : modes) remove(mode);
  return !modes.empty();
}

namespace {

// Whether every way through the block raises.
bool raises(const torch::jit::Block* block) {
  for (const auto* node : block->nodes()) {
    if (node->kind() == c10::prim::RaiseException) return true;
    if (node->kind() == c10::prim::If && raises(node->blocks()[0]) && raises(node->blocks()[1])) return true;
  }
  return false;
}

// An If that raises on one side only. An If that raises on both sides is the user's error and stays.
bool is_guard(const torch::jit::Node* node) {
  return node->kind() == c10::prim::If && raises(node->blocks()[0]) != raises(node->blocks()[1]);
}

// Whether conversion can know the value, because it depends only on numbers, and on sizes and dtypes of tensors.
bool may_be_known(const torch::jit::Value* value, std::set<const torch::jit::Value*>& seen) {
  if (!seen.insert(value).second) return true;
  const auto* node = value->node();
  if (node->kind() == c10::prim::Constant) return true;
  if (node->kind() == c10::prim::Param || node->kind() == c10::prim::Loop) return false;
  const auto known = [&](const torch::jit::Value* input) { return may_be_known(input, seen); };
  if (node->kind() == c10::prim::If) {
    return known(node->input(0)) && known(node->blocks()[0]->outputs()[value->offset()]) &&
           known(node->blocks()[1]->outputs()[value->offset()]);
  }
  if (holds_tensors(value->type())) return false;
  if (reads_no_elements(node) || asks_for_mode(node)) return true;
  if (node->hasSideEffects()) return false;
  const auto inputs = node->inputs();
  return std::all_of(inputs.begin(), inputs.end(),
                     [&](const torch::jit::Value* input) { return !holds_tensors(input->type()) && known(input); });
}

}  // namespace

bool may_be_known(const torch::jit::Value* value) {
  std::set<const torch::jit::Value*> seen;
  return may_be_known(value, seen);
}

namespace {

// Whether the block raises and computes nothing but the message.
bool only_raises(const torch::jit::Block* block) {
  bool found = false;
  for (const auto* node : block->nodes()) {
    found = found || node->kind() == c10::prim::RaiseException;
    const auto& outputs = node->outputs();
    const auto holds = [](const torch::jit::Value* value) { return holds_tensors(value->type()); };
    if (!node->blocks().empty() || std::any_of(outputs.begin(), outputs.end(), holds)) return false;
    const auto inputs = node->inputs();
    if (!reads_no_elements(node) && std::any_of(inputs.begin(), inputs.end(), holds)) return false;
  }
  return found;
}

// Keeps an If that only raises; conversion raises if it learns the condition.
void keep_raising(torch::jit::Node* guard) {
  auto* graph = guard->owningGraph();
  auto* kept = graph->create(c10::prim::If, {guard->input(0)}, 0);
  kept->copyMetadata(guard);
  kept->insertBefore(guard);
  for (auto* block : guard->blocks()) {
    auto* copy = kept->addBlock();
    if (!raises(block)) continue;
    copy->cloneFrom(block, [](torch::jit::Value* value) { return value; });
    while (!copy->outputs().empty()) copy->eraseOutput(copy->outputs().size() - 1);
  }
}

}  // namespace

// Gives the guard a constant condition, which removes the raising branch. Changes only the guard's own condition: the
// same value may decide elsewhere, on a path that does not run the guard.
bool remove_exceptions(const GraphPtr& graph) {
  bool changed = false;
  for (auto* node : all_nodes(graph->block())) {
    if (!is_guard(node)) continue;
    std::set<const torch::jit::Value*> seen;
    const auto* raising = node->blocks()[raises(node->blocks()[0]) ? 0 : 1];
    if (only_raises(raising) && may_be_known(node->input(0), seen)) keep_raising(node);
    LOG_DEBUG("removing the exception that may be raised at " << util::node_info(node));
    node->replaceInput(0, constant_before(node, !raises(node->blocks()[0])));
    changed = true;
  }
  if (!changed) return false;
  propagate_constants(graph);
  torch::jit::EliminateDeadCode(graph->block());
  return true;
}

namespace {

bool remove_from(torch::jit::Block* block) {
  bool changed = false;
  for (auto it = block->nodes().begin(); it != block->nodes().end(); ++it) {
    for (torch::jit::Block* inner : it->blocks()) changed |= remove_from(inner);
    if (it->kind() != c10::Symbol::aten("warn")) continue;
    LOG_DEBUG("removing the warning at " << util::GetPyTorchSourceCode(*it));
    it.destroyCurrent();
    changed = true;
  }
  return changed;
}

}  // namespace

// A condition that only guards a warning may be unknown while compiling. Without the warning it is dead code.
bool remove_warnings(const GraphPtr& graph) {
  if (!remove_from(graph->block())) return false;
  torch::jit::EliminateDeadCode(graph->block());
  return true;
}

namespace {

// All dropout operators have the arguments (x, p, train).
bool is_dropout(const torch::jit::Node* node) {
  static const std::set<c10::Symbol> kKinds = [] {
    std::set<c10::Symbol> kinds;
    for (const char* name : {"dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"}) {
      kinds.insert(c10::Symbol::aten(name));
      kinds.insert(c10::Symbol::aten(std::string(name) + "_"));
    }
    return kinds;
  }();
  return kKinds.count(node->kind()) != 0 && node->inputs().size() == 3;
}

}  // namespace

// A dropout that may drop (train is true or unknown) stays in the graph; PyTorch can run it.
bool remove_dropout(const GraphPtr& graph) {
  return rewrite_nodes(*graph, [](torch::jit::Node* node) {
    if (!is_dropout(node)) return false;
    const bool drops_nothing = constant_number(node->input(1)) == 0.0;
    if (constant_bool(node->input(2)) != false && !drops_nothing) return false;
    return replace_with(node, node->input(0));
  });
}

namespace {

// Operators whose result has the elements, shape and dtype of the first input. They differ in memory, device or
// gradients, which an engine does not choose per tensor. Copies among them matter only to in-place writes, which
// write_through_views has already removed.
bool keeps_elements(const torch::jit::Node* node) {
  static const std::set<c10::Symbol> kKinds = {
      c10::Symbol::aten("contiguous"), c10::Symbol::aten("detach"),      c10::Symbol::aten("detach_"),
      c10::Symbol::aten("alias"),      c10::Symbol::aten("lift"),        c10::Symbol::aten("lift_fresh"),
      c10::Symbol::aten("data"),       c10::Symbol::aten("pin_memory"),  c10::Symbol::aten("requires_grad_"),
      c10::Symbol::prim("data"),       c10::Symbol::aten("cpu"),         c10::Symbol::aten("cuda"),
      c10::Symbol::aten("alias_copy"), c10::Symbol::aten("detach_copy"),
  };
  return kKinds.count(node->kind()) != 0;
}

}  // namespace

bool remove_no_ops(const GraphPtr& graph) {
  return rewrite_nodes(*graph, [](torch::jit::Node* node) {
    if (!keeps_elements(node) || node->outputs().size() != 1) return false;
    return replace_with(node, node->input(0));
  });
}

}  // namespace torch_tensorrt::core::lowering::passes
