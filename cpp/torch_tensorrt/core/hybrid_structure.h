#pragma once

#include <string>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

namespace torch_tensorrt::core {

// What the graph of a hybrid module does, without its weights: a line for each node, in order. The elements of tensors
// and the values of floats count as weights. The same for two modules of the same code, in every process.
struct GraphStructure {
  std::vector<std::string> lines;
  std::vector<std::string> places;  // "file.py:12" by line; empty if unknown
};
GraphStructure structure_of(const torch::jit::Graph& graph);

// Throws Error naming the first line that differs from the compiled module's.
void check_same_structure(const std::vector<std::string>& compiled, const GraphStructure& given);

}  // namespace torch_tensorrt::core
