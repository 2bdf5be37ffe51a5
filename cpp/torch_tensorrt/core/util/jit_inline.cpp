#include "torch_tensorrt/core/util/jit_inline.h"

#include <algorithm>
#include <set>

#include "torch/csrc/jit/passes/inliner.h"

namespace torch_tensorrt::core::util {
namespace {

using Calls = std::set<size_t>;  // by the numbers of their results: a new call may have the address of an old one

void find_calls(const torch::jit::Block* block, Calls& calls) {
  for (const torch::jit::Node* node : block->nodes()) {
    const bool is_call = node->kind() == c10::prim::CallFunction || node->kind() == c10::prim::CallMethod;
    if (is_call) calls.insert(node->output()->unique());
    for (const torch::jit::Block* inner : node->blocks()) find_calls(inner, calls);
  }
}

}  // namespace

void inline_all_calls(torch::jit::Graph& graph) {
  for (;;) {
    Calls before;
    find_calls(graph.block(), before);
    if (before.empty()) return;
    torch::jit::Inline(graph);
    Calls after;
    find_calls(graph.block(), after);
    // Calls that stay have no graph (those of interfaces).
    if (std::includes(before.begin(), before.end(), after.begin(), after.end())) return;
  }
}

}  // namespace torch_tensorrt::core::util
