#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/ir/ir.h"
#include "torch_tensorrt/core/runtime/TRTEngine.h"

// A module whose forward runs one engine.
namespace torch_tensorrt::core {

// An argument or result: a tensor, or a tuple or list of such.
struct ValueTree {
  enum class Kind { kTensor, kTuple, kList };
  Kind kind = Kind::kTensor;
  std::string name;  // of an argument
  std::vector<ValueTree> children;
  c10::TypePtr type() const;
};

// The shape of the argument's type; lists have as many elements as `specs` leaves for them. Error for other types.
ValueTree argument_tree(const torch::jit::Value* value, size_t spec_count);
// The shapes of what a lowered graph returns, for `tensor_count` tensors in all.
std::vector<ValueTree> result_trees(const torch::jit::Graph& graph, size_t tensor_count);

// `name` is the class name of the module. Tensors are passed in the order in which the trees list them.
torch::jit::Module make_engine_module(const std::string& name, c10::intrusive_ptr<runtime::TRTEngine> engine,
                                      const std::vector<ValueTree>& arguments, const std::vector<ValueTree>& results);

}  // namespace torch_tensorrt::core
