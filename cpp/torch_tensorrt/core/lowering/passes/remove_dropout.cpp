#include <set>

#include "torch_tensorrt/core/lowering/passes/passes.h"
#include "torch_tensorrt/core/lowering/passes/rewrite.h"

namespace torch_tensorrt::core::lowering::passes {
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

}  // namespace torch_tensorrt::core::lowering::passes
