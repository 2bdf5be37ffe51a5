#pragma once

#include <memory>
#include <string>
#include <vector>

#include "torch/csrc/jit/api/module.h"

#include "torch_tensorrt/core/ir/value_tree.h"
#include "torch_tensorrt/core/runtime/TRTEngine.h"

// A module whose forward runs one engine.
namespace torch_tensorrt::core {

// The tree of the argument's type; a list takes all remaining specs as its elements. Error for other types.
ir::ValueTree argument_tree(const torch::jit::Value* value, size_t spec_count);

// An output of the engine that is copied into one of the caller's input tensors after each call.
struct WrittenInput {
  size_t input = 0;
  size_t output = 0;
};

// `name` is the class name of the module. The trees list tensors in the order of the call. A result that is copied
// into an input is returned as this input. Outputs after the results are only for `writes`.
torch::jit::Module make_engine_module(const std::string& name, c10::intrusive_ptr<runtime::TRTEngine> engine,
                                      const std::vector<ir::ValueTree>& arguments,
                                      const std::vector<ir::ValueTree>& results,
                                      const std::vector<WrittenInput>& writes = {});

}  // namespace torch_tensorrt::core
