#include "torch_tensorrt/core/lowering/behavior.h"

#include <algorithm>
#include <map>
#include <set>

#include "torch_tensorrt/core/lowering/passes/memory_schema.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/util/macros.h"

namespace torch_tensorrt::core::lowering {
namespace {

namespace prim = torch::jit::prim;
using passes::holds_tensors;
using passes::is_tensor_type;
using torch::jit::Node;
using torch::jit::Value;

using Roots = std::set<const Value*>;

bool writes(const torch::jit::Use& use) {
  const auto written = passes::written_arguments(use.user);
  return std::find(written.begin(), written.end(), use.offset) != written.end();
}

bool is_written_collection(const Value* value) {
  const auto& uses = value->uses();
  return !passes::is_tensor_type(value->type()) && std::any_of(uses.begin(), uses.end(), writes);
}

// Finds the values whose memory a value may have: arguments, attributes, and results of operators that make new
// tensors.
class RootFinder {
 public:
  Roots find(const Value* value) {
    seen_.clear();
    roots_.clear();
    visit(value);
    return roots_;
  }

 private:
  void visit(const Value* value) {
    if (!holds_tensors(value->type()) || !seen_.insert(value).second) return;
    const auto* node = value->node();
    if (node->kind() == prim::Constant) return;  // an engine returns a copy of a constant
    if (node->kind() == prim::Param) return visit_parameter(value);
    if (node->kind() == prim::If || node->kind() == prim::Loop) return visit_blocks(node, value->offset());
    if (!shares(node)) {
      roots_.insert(value);
      return;
    }
    if (is_written_collection(value)) {  // any element may be any other, and what append() and the like store there
      roots_.insert(value);
      for (const auto& use : value->uses()) {
        if (writes(use)) visit_inputs(use.user);
      }
    }
    visit_inputs(node);
  }

  void visit_inputs(const Node* node) {
    for (const auto* input : node->inputs()) visit(input);
  }

  void visit_parameter(const Value* value) {
    const auto* owner = value->node()->owningBlock()->owningNode();
    if (owner == nullptr) {
      roots_.insert(value);
    } else if (owner->kind() == prim::Loop && value->offset() > 0) {
      visit(owner->input(value->offset() + 1));
      visit(owner->blocks()[0]->outputs()[value->offset()]);
    }
  }

  void visit_blocks(const Node* node, size_t place) {
    const bool is_loop = node->kind() == prim::Loop;
    if (is_loop) visit(node->input(place + 2));
    for (const auto* block : node->blocks()) visit(block->outputs()[place + (is_loop ? 1 : 0)]);
  }

  static bool shares(const Node* node) {
    if (node->kind() == prim::GetAttr) return false;  // a root of its own
    if (node->kind().is_prim() || passes::sharing(node) != passes::Sharing::kNone) return true;
    const auto* schema = node->maybeSchema();  // also tells of elements of lists and dicts, and of written arguments
    if (schema == nullptr) return true;
    const auto& returns = schema->returns();
    return std::any_of(returns.begin(), returns.end(),
                       [](const c10::Argument& result) { return result.alias_info() != nullptr; });
  }

  std::set<const Value*> seen_;
  Roots roots_;
};

// The tensors of a result, as far as the graph shows them.
void collect_tensors(const Value* value, std::vector<const Value*>& tensors) {
  const auto* node = value->node();
  const bool is_shown = !is_written_collection(value);
  const std::set<c10::Symbol> constructs = {prim::TupleConstruct, prim::ListConstruct, prim::DictConstruct};
  if (is_shown && constructs.count(node->kind()) != 0) {
    for (const auto* input : node->inputs()) collect_tensors(input, tensors);
  } else if (holds_tensors(value->type())) {
    tensors.push_back(value);
  }
}

bool is_outside(const Value* root) {
  const auto kind = root->node()->kind();
  return kind == prim::Param || kind == prim::GetAttr;
}

std::string name_of(const Value* root) {
  const auto* node = root->node();
  if (node->kind() == prim::GetAttr) return "the attribute " + node->s(c10::attr::name);
  return "the argument " + root->debugNameBase();
}

}  // namespace

bool raises_on_data(const torch::jit::Block* block) {
  const auto* owner = block->owningNode();
  const bool is_branch = owner != nullptr && owner->kind() == prim::If;
  for (const auto* node : block->nodes()) {
    if (node->kind() == prim::RaiseException && !(is_branch && passes::may_be_known(owner->input(0)))) return true;
    const auto blocks = node->blocks();
    if (std::any_of(blocks.begin(), blocks.end(), raises_on_data)) return true;
  }
  return false;
}

bool raises(torch::jit::Block* block) {
  const auto nodes = passes::all_nodes(block);
  return std::any_of(nodes.begin(), nodes.end(), [](const Node* n) { return n->kind() == prim::RaiseException; });
}

Decision results_are_apart(const torch::jit::Graph& graph) {
  std::vector<const Value*> tensors;
  for (const auto* output : graph.outputs()) collect_tensors(output, tensors);
  RootFinder finder;
  std::map<const Value*, size_t> owners;
  for (size_t i = 0; i < tensors.size(); ++i) {
    // A list that the graph writes, or that comes from a branch: an engine gives each element memory of its own.
    if (!passes::is_tensor_type(tensors[i]->type())) {
      return Decision::no(str("elements of result ", i, " may share memory"));
    }
    for (const auto* root : finder.find(tensors[i])) {
      if (is_outside(root)) {
        return Decision::no(str("result ", i, " may share the memory of ", name_of(root)));
      }
      const auto [owner, is_new] = owners.emplace(root, i);
      if (!is_new) return Decision::no(str("results ", owner->second, " and ", i, " may share memory"));
    }
  }
  return Decision::yes();
}

std::set<const Value*> memory_of(const Value* value) { return RootFinder().find(value); }

}  // namespace torch_tensorrt::core::lowering
