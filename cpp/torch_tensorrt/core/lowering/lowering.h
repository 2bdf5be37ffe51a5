#pragma once

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "torch/csrc/jit/api/module.h"
#include "torch/csrc/jit/ir/ir.h"

#include "torch_tensorrt/core/util/Exception.h"

namespace torch_tensorrt::core::lowering {

// Thrown if the module does something that cannot be compiled, whichever operators are supported. The message names the
// operator and the line of the module.
class Refused : public Error {
 public:
  explicit Refused(const std::string& msg) : Error(msg) {}
};

// Settings of lowering.
struct LowerInfo {
  // Parameters stay values of the module instead of becoming constants of the graph.
  bool unfreeze_module = false;
  bool disable_cse = false;
  // Never rewrites the graph based on the values of parameters: two equal parameters, and the operations on them, stay
  // apart, so that the compiled method can be given other weights.
  bool keep_parameters_apart = false;
  // Qualified class names, and paths, of modules whose operations PyTorch runs; their nodes are marked.
  std::vector<std::string> forced_fallback_modules;
  // Operators that PyTorch runs, as the module has them (aten::relu_); their nodes are marked.
  std::vector<std::string> forced_fallback_operators;
  // The number of leading arguments that will be given; the others take their defaults. Unset: all are given.
  std::optional<size_t> given_arguments;
  // Turns a result that is a single tuple or list of tensors into several results, as an engine's outputs are flat.
  bool converting_to_trt_engine = false;
  // Keeps writes to the caller's tensors as copies at the end of the graph (aten::copy_), which PyTorch can run.
  bool keep_argument_copies = false;
  friend std::ostream& operator<<(std::ostream& os, const LowerInfo& info);
};

// Attribute with the value 0 on nodes that PyTorch must run; lowering does not change them. Others may be compiled.
constexpr const char* kToCompile = "to_compile";

// A tensor of the caller that the method writes in place.
struct ArgumentWrite {
  size_t argument = 0;
  std::vector<size_t> path;  // path to the tensor if the argument is a tuple or list
  // `output` is the index of the tensor's new value: among the tensors of the method's results if is_result, else among
  // the outputs that the graph has after the results.
  bool is_result = false;
  size_t output = 0;
};

struct ArgumentWrites {
  std::vector<ArgumentWrite> writes;
  size_t added_outputs = 0;  // graph outputs after the results
};

using LoweredGraph = std::pair<std::shared_ptr<torch::jit::Graph>, std::vector<torch::jit::IValue>>;

// Throws Refused if the method is forward and the module has hooks for it, which no graph contains.
void refuse_hooks(const torch::jit::Module& module, const std::string& method_name);

// Makes one graph of a method, without modules, calls and side effects on its own values, in operations that converters
// accept. Also gives the values of the graph inputs that stand for attributes (none, once frozen). Does not change the
// module; a module in training mode is copied and put into evaluation mode. With `writes`, the graph
// returns the new values of the caller's tensors; without, drops writes to them, with a warning. Throws Error, and
// Refused if the module keeps state or if it is unknown which memory it writes.
LoweredGraph Lower(const torch::jit::Module& module, std::string method_name, const LowerInfo& info,
                   ArgumentWrites* writes = nullptr);

// Runs the passes alone, on a graph whose last inputs have the values `params`. Rewrites the given graph, which then
// ends in an aten::copy_ for each of the caller's tensors that it writes.
LoweredGraph LowerGraph(std::shared_ptr<torch::jit::Graph> graph, std::vector<torch::jit::IValue> params,
                        const LowerInfo& info);

}  // namespace torch_tensorrt::core::lowering
