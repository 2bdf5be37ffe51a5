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
  // Writes of the caller's tensors stay copies at the end of the graph (aten::copy_), which PyTorch can run.
  bool keep_argument_copies = false;
  friend std::ostream& operator<<(std::ostream& os, const LowerInfo& info);
};

// Attribute of a node that PyTorch must run: 0. Nodes without it may be compiled. Lowering leaves such a node as it is.
constexpr const char* kToCompile = "to_compile";

// A tensor of the caller's that the method writes in place.
struct ArgumentWrite {
  size_t argument = 0;
  std::vector<size_t> path;  // to the tensor where the argument is a tuple or list
  // Where its new value is among what the graph returns: the tensor of that number in the results of the method, or of
  // that number behind them.
  bool is_result = false;
  size_t output = 0;
};

struct ArgumentWrites {
  std::vector<ArgumentWrite> writes;
  size_t added_outputs = 0;  // that the graph returns behind the results
};

using LoweredGraph = std::pair<std::shared_ptr<torch::jit::Graph>, std::vector<torch::jit::IValue>>;

// One method of a module as one graph without modules, calls and side effects on its own values, in the operations
// that converters take; and the values of the graph's inputs that stand for attributes (none, once frozen). The module
// is not changed: one in training mode is copied and put into evaluation mode, with a warning. What the method writes
// into tensors of the caller's is returned by the graph and described in `writes`; without it, such writes are dropped
// with a warning. Throws Error, and Refused for a module that keeps state or writes what cannot be followed.
LoweredGraph Lower(const torch::jit::Module& module, std::string method_name, const LowerInfo& info,
                   ArgumentWrites* writes = nullptr);

// The passes alone, on a graph whose last inputs have the values `params`. Rewrites the graph that is given. It ends
// in an aten::copy_ for each tensor of the caller's that it writes.
LoweredGraph LowerGraph(std::shared_ptr<torch::jit::Graph> graph, std::vector<torch::jit::IValue> params,
                        const LowerInfo& info);

}  // namespace torch_tensorrt::core::lowering
