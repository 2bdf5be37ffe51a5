#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::core::util {

// The node as the IR prints it, on one line, without its blocks.
std::string node_info(const torch::jit::Node* n);
// "%name : type"
std::string value_info(const torch::jit::Value* v);
std::string schema_info(const torch::jit::FunctionSchema* schema);
std::vector<int64_t> toVec(c10::IntArrayRef a);
// The schema of a method with the graph's inputs and outputs.
c10::FunctionSchema GenerateGraphSchema(std::string method_name, std::shared_ptr<torch::jit::Graph>& g);
// The user's Python line that the node comes from, with the file and number in front; empty if unknown.
std::string GetPyTorchSourceCode(const torch::jit::Node* n);
// "file.py:12"; empty if unknown.
std::string source_location(const torch::jit::Node* n);

// Whether the results differ between two calls. PyTorch lists attention and recurrent operators without dropout, too.
bool is_random(const torch::jit::Node* n);

// Rounds values to those of an integer dtype, as floats: quantization-aware training leaves such nodes in a graph.
inline bool is_fake_quantize(const torch::jit::Node* n) {
  static const auto per_tensor = c10::Symbol::fromQualString("aten::fake_quantize_per_tensor_affine");
  static const auto per_channel = c10::Symbol::fromQualString("aten::fake_quantize_per_channel_affine");
  return n->kind() == per_tensor || n->kind() == per_channel;
}

// The current exception as an Error, whatever its type: PyTorch's without its backtrace; for types other than
// std::exception the type and, for strings and numbers, the value. Call it only in catch (...).
Error current_error();

}  // namespace torch_tensorrt::core::util
