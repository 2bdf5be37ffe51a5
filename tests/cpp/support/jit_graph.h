#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

// TorchScript graphs in tests.
namespace torch_tensorrt::tests {

// The graph that the IR text says.
std::shared_ptr<torch::jit::Graph> parse_graph(const std::string& ir);
// The text of the graph with values numbered in order and without source places: equal graphs have equal texts.
std::string canonical_text(const std::shared_ptr<torch::jit::Graph>& graph);
std::string canonical_text(const std::string& ir);
// The graph's results, by PyTorch's interpreter. The graph is not changed.
std::vector<torch::jit::IValue> run_graph(const std::shared_ptr<torch::jit::Graph>& graph,
                                          std::vector<torch::jit::IValue> inputs);
// Number of nodes of the kind, in all blocks.
int64_t count_nodes(const std::shared_ptr<torch::jit::Graph>& graph, const std::string& kind);

}  // namespace torch_tensorrt::tests
