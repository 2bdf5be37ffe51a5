#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

// TorchScript graphs for tests.
namespace torch_tensorrt::tests {

// Parses a graph from IR text.
std::shared_ptr<torch::jit::Graph> parse_graph(const std::string& ir);
// The graph's text with values numbered in order and without source locations: equal graphs have equal texts.
std::string canonical_text(const std::shared_ptr<torch::jit::Graph>& graph);
std::string canonical_text(const std::string& ir);
// Runs the graph in PyTorch's interpreter and returns its results. Does not change the graph.
std::vector<torch::jit::IValue> run_graph(const std::shared_ptr<torch::jit::Graph>& graph,
                                          std::vector<torch::jit::IValue> inputs);
// Number of nodes of the kind, in all blocks.
int64_t count_nodes(const std::shared_ptr<torch::jit::Graph>& graph, const std::string& kind);

}  // namespace torch_tensorrt::tests
