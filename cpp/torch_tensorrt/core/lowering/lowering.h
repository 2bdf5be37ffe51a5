#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "torch/csrc/jit/api/module.h"
#include "torch/csrc/jit/ir/ir.h"

namespace torch_tensorrt::core::lowering {

// What lowering is told.
struct LowerInfo {
  // Parameters stay values of the module instead of becoming constants of the graph.
  bool unfreeze_module = false;
  bool disable_cse = false;
  // Parameters never decide on the graph by their values: of two that are equal each stays a constant of its own, and
  // so do the operations on them. What is compiled can then be given other weights.
  bool keep_parameters_apart = false;
  // Qualified class names of modules whose operations PyTorch runs; their nodes are marked.
  std::vector<std::string> forced_fallback_modules;
  // Operators that PyTorch runs, as the module has them (aten::relu_); their nodes are marked.
  std::vector<std::string> forced_fallback_operators;
  // How many arguments will be given, from the first on; those behind them have their defaults. Unset: all.
  std::optional<size_t> given_arguments;
  // A single tuple or list of tensors as result becomes several results: an engine's outputs are flat.
  bool converting_to_trt_engine = false;
  friend std::ostream& operator<<(std::ostream& os, const LowerInfo& info);
};

// Attribute of a node that PyTorch must run: 0. Nodes without it may be compiled. Lowering leaves such a node as it is.
constexpr const char* kToCompile = "to_compile";

using LoweredGraph = std::pair<std::shared_ptr<torch::jit::Graph>, std::vector<torch::jit::IValue>>;

// One method of a module as one graph without modules, calls and side effects on its own values, in the operations
// that converters take; and the values of the graph's inputs that stand for attributes (none, once frozen). The module
// is not changed: one in training mode is copied and put into evaluation mode, with a warning. Throws Error.
LoweredGraph Lower(const torch::jit::Module& module, std::string method_name, const LowerInfo& info);

// The passes alone, on a graph whose last inputs have the values `params`. Rewrites the graph that is given.
LoweredGraph LowerGraph(std::shared_ptr<torch::jit::Graph> graph, std::vector<torch::jit::IValue> params,
                        const LowerInfo& info);

}  // namespace torch_tensorrt::core::lowering
