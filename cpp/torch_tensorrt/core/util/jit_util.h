#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

namespace torch_tensorrt::core::util {

// The node as the IR prints it, on one line, without its blocks.
std::string node_info(const torch::jit::Node* n);
// "%name : type"
std::string value_info(const torch::jit::Value* v);
std::string schema_info(const torch::jit::FunctionSchema* schema);
std::vector<int64_t> toVec(c10::IntArrayRef a);
// The schema of a method with the graph's inputs and outputs.
c10::FunctionSchema GenerateGraphSchema(std::string method_name, std::shared_ptr<torch::jit::Graph>& g);
// The user's Python line that the node comes from, with the file and number in front; empty when it is not known.
std::string GetPyTorchSourceCode(const torch::jit::Node* n);
// "file.py:12", empty when it is not known.
std::string source_location(const torch::jit::Node* n);

}  // namespace torch_tensorrt::core::util
