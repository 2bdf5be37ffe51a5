#include "support/jit_graph.h"

#include "torch/csrc/jit/ir/irparser.h"
#include "torch/csrc/jit/passes/canonicalize.h"
#include "torch/csrc/jit/runtime/interpreter.h"

namespace torch_tensorrt::tests {
namespace {

int64_t count_in(const torch::jit::Block* block, c10::Symbol kind) {
  int64_t count = 0;
  for (const auto* node : block->nodes()) {
    count += node->kind() == kind ? 1 : 0;
    for (const auto* inner : node->blocks()) count += count_in(inner, kind);
  }
  return count;
}

}  // namespace

std::shared_ptr<torch::jit::Graph> parse_graph(const std::string& ir) {
  auto graph = std::make_shared<torch::jit::Graph>();
  torch::jit::parseIR(ir, graph.get(), /*parse_tensor_constants=*/true);
  return graph;
}

std::string canonical_text(const std::shared_ptr<torch::jit::Graph>& graph) {
  return torch::jit::Canonicalize(graph, /*keep_unique_names=*/false)->toString(/*print_source_locations=*/false);
}

std::string canonical_text(const std::string& ir) { return canonical_text(parse_graph(ir)); }

std::vector<torch::jit::IValue> run_graph(const std::shared_ptr<torch::jit::Graph>& graph,
                                          std::vector<torch::jit::IValue> inputs) {
  torch::jit::Code code(graph->copy(), "test");
  torch::jit::Stack stack = std::move(inputs);
  torch::jit::InterpreterState(code).run(stack);
  return stack;
}

int64_t count_nodes(const std::shared_ptr<torch::jit::Graph>& graph, const std::string& kind) {
  return count_in(graph->block(), c10::Symbol::fromQualString(kind));
}

}  // namespace torch_tensorrt::tests
