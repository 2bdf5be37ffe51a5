#include <algorithm>
#include <set>

#include "torch/csrc/jit/passes/inliner.h"

#include "torch_tensorrt/core/lowering/lowering.h"
#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"
#include "torch_tensorrt/core/util/jit_inline.h"

namespace torch_tensorrt::core::lowering::passes {
namespace {

namespace prim = torch::jit::prim;
using torch::jit::Node;
using torch::jit::Value;

const auto kMark = c10::Symbol::attr(kToCompile);
// The modules that a node of a flat graph comes from. The Python package sets it on the graphs of exported programs and
// of torch.compile (python/torch_tensorrt/_fx_source.py).
const auto kModules = c10::Symbol::attr("torch_tensorrt_modules");

// "__torch__.torch.nn.___torch_mangle_3.Linear" -> "torch.nn.Linear", the name in the user's source.
std::string source_name(const c10::ClassType& type) {
  std::string name;
  for (const auto& atom : type.name()->atoms()) {
    const bool added_by_torch = atom == "__torch__" || atom.rfind("___torch_mangle_", 0) == 0;
    if (!added_by_torch) name += name.empty() ? atom : "." + atom;
  }
  return name;
}

// "encoder.layers.0" for a module that the graph reads from its first input in this way, else empty.
std::string path_of(const Value* module) {
  std::string path;
  for (; module->node()->kind() == prim::GetAttr; module = module->node()->input()) {
    path = module->node()->s(torch::jit::attr::name) + (path.empty() ? "" : "." + path);
  }
  const auto* graph = module->owningGraph();
  return !graph->inputs().empty() && module == graph->inputs()[0] ? path : std::string();
}

void mark(Node* node) {
  if (node->kind() != prim::Constant) node->i_(kMark, 0);
  for (auto* block : node->blocks()) {
    for (auto* inner : block->nodes()) mark(inner);
  }
}

class Inliner {
 public:
  explicit Inliner(const std::vector<std::string>& modules) : modules_(modules.begin(), modules.end()) {}

  void run(torch::jit::Block* block) {
    for (Node* node = *block->nodes().begin(); node != block->return_node();) {
      mark_by_names(node);
      auto* function = torch::jit::tryToGraphFunction(node);
      if (function == nullptr) {
        for (auto* inner : node->blocks()) run(inner);
        node = node->next();
        continue;
      }
      node = inline_call(node, function);
    }
  }

  const std::set<std::string>& found() const { return found_; }

 private:
  // Returns the first node of the call's body, or the node behind the call if the body is empty.
  Node* inline_call(Node* call, torch::jit::GraphFunction* function) {
    const bool is_listed = call->hasAttribute(kMark) || is_of_listed_module(call);
    Node* before = call->prev();
    const Node* after = call->next();
    if (call->kind() == prim::CallFunction) call->removeInput(0);
    torch::jit::inlineCallTo(call, function, function->graph().get());  // the graph before its own calls are inlined
    if (is_listed) {
      for (Node* node = before->next(); node != after; node = node->next()) mark(node);
    }
    return before->next();
  }

  void mark_by_names(Node* node) {
    if (!node->hasAttribute(kModules)) return;
    bool is_listed = false;
    for (const auto& name : node->ss(kModules)) is_listed |= take(name);
    if (is_listed) mark(node);
  }

  bool is_of_listed_module(const Node* call) {
    if (call->kind() != prim::CallMethod) return false;
    const auto type = call->input(0)->type()->cast<c10::ClassType>();
    if (type == nullptr || !type->is_module()) return false;
    bool is_listed = take(source_name(*type));
    const std::string path = path_of(call->input(0));
    for (size_t end = path.find('.'); end != std::string::npos; end = path.find('.', end + 1)) {
      is_listed |= take(path.substr(0, end));  // a list of modules is never called itself
    }
    return take(path) || is_listed;
  }

  bool take(const std::string& name) {
    if (modules_.count(name) == 0) return false;
    found_.insert(name);
    return true;
  }

  std::set<std::string> modules_;
  std::set<std::string> found_;
};

}  // namespace

std::vector<std::string> inline_calls(torch::jit::Graph& graph, const std::vector<std::string>& modules) {
  std::vector<std::string> unused;
  if (!modules.empty()) {
    Inliner inliner(modules);
    inliner.run(graph.block());
    std::copy_if(modules.begin(), modules.end(), std::back_inserter(unused),
                 [&](const std::string& name) { return inliner.found().count(name) == 0; });
  }
  util::inline_all_calls(graph);
  // Operators with names of different modules would not be merged.
  for (Node* node : all_nodes(graph.block())) {
    if (node->hasAttribute(kModules)) node->removeAttribute(kModules);
  }
  return unused;
}

bool mark_forced_operators(const GraphPtr& graph, const std::vector<std::string>& operators) {
  if (operators.empty()) return false;
  const std::set<std::string> names(operators.begin(), operators.end());
  return rewrite_nodes(*graph, [&](Node* node) {
    if (names.count(node->kind().toQualString()) == 0) return false;
    node->i_(kMark, 0);
    return true;
  });
}

}  // namespace torch_tensorrt::core::lowering::passes
